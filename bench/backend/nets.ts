import type { LayersModel, Scalar, SymbolicTensor, Tensor, Variable } from '@tensorflow/tfjs';
import {
  keep,
  layers,
  losses,
  model,
  oneHot,
  randomUniform,
  sequential,
  tensor1d,
  tidy,
  variableGrads,
} from '@tensorflow/tfjs';
import { onnxRuntimeBackend } from '../../src/backend/registration/register.ts';
import { channelMaximum } from '../../src/learning/attribution/attribution-map.ts';
import { inputGradient } from '../../src/learning/attribution/gradients.ts';
import type { ArchitectureName } from '../../src/learning/models/architectures/architectures.ts';
import { xceptionBackbone } from '../../src/learning/models/architectures/xception.ts';
import { buildNet } from '../../src/learning/models/build-net.ts';
import type { Layer } from '../../src/learning/models/layers/layer.ts';
import { readLayers } from '../../src/learning/models/layers/read-layers.ts';
import { netOf } from '../../src/learning/models/model-setting.ts';
import { seedDropout } from '../../src/learning/models/seeded-dropout.ts';
import { Optimizer } from '../../src/learning/training/optimizer.ts';
import { Random } from '../../src/random.ts';

/**
 * What can be timed of a net, by name, on random images `[batch, size, size, 3]`. Every work reads
 * back the logits, or the maps.
 */
export interface Bench {
  readonly work: Readonly<Record<string, () => Promise<unknown>>>;
}

/** The side of images, in pixels: of the study's nets, and of the nets of torchvision and timm. */
const SIZE = 256;
const PUBLISHED_SIZE = 224;

/** The nets, and the batches that they are measured with. */
export const nets = {
  'simple-net': () => trained(buildNet(netOf('simple-net'), SIZE), 32),
  'my-net': (): Bench => {
    const net = buildNet(netOf('my-net'), SIZE);
    return { work: { ...trained(net, 32).work, saliency: firstMaps(net, 32) } };
  },
  'resnet-18': () => trained(buildNet(netOf('resnet-18'), SIZE), 32),
  xception: () => xception(8),
  'mobilenet-v2': () => published('mobilenet-v2', 16),
  'efficientnet-b0': () => published('efficientnet-b0', 16),
  'vit-small': () => published('vit-small', 8),
} as const;
export type NetName = keyof typeof nets;

function trained(net: LayersModel, batch: number): Bench {
  spreadWeights(net);
  const { images, labels } = samples(batch, SIZE);
  const step = stepper(net, images, labels);
  return { work: { forward: () => read(tidy(() => net.predict(images) as Tensor)), step } };
}

/** Makes the saliency maps of 300 images on a backend that has to compile its graphs first. */
function firstMaps(net: LayersModel, batch: number): () => Promise<void> {
  const images = new Float32Array(batch * SIZE * SIZE * 3);
  new Random('images', 1).normals(images);
  const classes = Int32Array.from({ length: batch }, (_, i) => i % 2);
  return async () => {
    onnxRuntimeBackend()?.dispose();
    for (let remaining = 300; remaining > 0; remaining -= batch) {
      const count = Math.min(remaining, batch);
      const question = {
        images: images.subarray(0, count * SIZE * SIZE * 3),
        classes: classes.subarray(0, count),
      };
      channelMaximum(
        (await inputGradient(net, { ...question, score: 'score', seeds: [] })).gradient,
      );
    }
  };
}

function xception(batch: number): Bench {
  const backbone = buildNet({ name: 'backbone', layers: readLayers(xceptionBackbone()) }, SIZE);
  return withFrozen(backbone, SIZE, batch);
}

/** A net of torchvision or timm without its classifier, under one of two classes. */
function published(name: ArchitectureName, batch: number): Bench {
  const { layers: all } = netOf(name);
  const isHead = ({ kind }: Layer): boolean => kind === 'dense' || kind === 'dropout';
  const features = all.slice(0, all.findLastIndex((layer) => !isHead(layer)) + 1);
  const backbone = buildNet({ name: 'backbone', layers: features }, PUBLISHED_SIZE);
  return withFrozen(backbone, PUBLISHED_SIZE, batch);
}

/** A backbone under a linear head: its forward pass, a step of the head, and one of everything. */
function withFrozen(backbone: LayersModel, size: number, batch: number): Bench {
  const [, width] = backbone.outputs[0]!.shape;
  const head = sequential({ layers: [layers.dense({ units: 2, inputShape: [width!] })] });
  const whole = model({
    inputs: backbone.inputs,
    outputs: head.apply(backbone.outputs) as SymbolicTensor,
  });
  spreadWeights(whole);
  const { images, labels } = samples(batch, size);
  const trainHead = stepper(head, () => backbone.predict(images) as Tensor, labels);
  return {
    work: {
      forward: () => read(tidy(() => whole.predict(images) as Tensor)),
      frozen: trainHead,
      step: stepper(whole, images, labels),
    },
  };
}

function samples(
  batch: number,
  size: number,
): { readonly images: Tensor; readonly labels: Tensor } {
  const classes = tensor1d(
    Array.from({ length: batch }, (_, i) => i % 2),
    'int32',
  );
  return {
    images: randomUniform([batch, size, size, 3], -2, 2, 'float32', 1),
    labels: oneHot(classes, 2),
  };
}

/** Forward, backward and Adam; the logits are read, as the training loop does. */
function stepper(
  net: LayersModel,
  input: Tensor | (() => Tensor),
  labels: Tensor,
): () => Promise<Float32Array> {
  const weights = net.trainableWeights.map((weight) => weight.read() as Variable);
  const optimizer = new Optimizer(
    { kind: 'adam', learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    weights,
  );
  let steps = 0;
  return () => {
    seedDropout(net, 1, steps++);
    const logits = tidy(() => {
      const x = typeof input === 'function' ? input() : input;
      let output: Tensor | undefined;
      const { grads } = variableGrads(() => {
        output = keep(net.apply(x, { training: true }) as Tensor);
        return losses.softmaxCrossEntropy(labels, output) as Scalar;
      }, weights);
      optimizer.step(grads);
      return output as Tensor;
    });
    return read(logits);
  };
}

async function read(logits: Tensor): Promise<Float32Array> {
  const values = await logits.data<'float32'>();
  logits.dispose();
  return values;
}

/**
 * PyTorch's initial spread of kernels: uniform within 1 / √(inputs of a unit). BatchNorm is left as
 * it is.
 */
function spreadWeights(net: LayersModel): void {
  tidy(() => {
    const spread = net.weights.map((weight, i) => {
      const { shape } = weight.read();
      if (!/kernel|bias/.test(weight.originalName)) return weight.read();
      const depthwise = weight.originalName.includes('depthwise');
      const inputs = shape
        .slice(0, depthwise ? 2 : -1)
        .reduce((product, length) => product * length, 1);
      const bound = 1 / Math.sqrt(shape.length === 1 ? 1000 : inputs);
      return randomUniform(shape, -bound, bound, 'float32', i + 1);
    });
    net.setWeights(spread);
  });
}
