import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  input,
  type io,
  layers,
  loadGraphModel,
  type SymbolicTensor,
  sequential,
  type Tensor,
  tensor,
  io as tfjsIo,
  model as tfjsModel,
} from '@tensorflow/tfjs';
import { assertClose } from '../../../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../../../test/support/linear-congruential.ts';
import { asType } from '../../../../../test/support/partial-value.ts';
import {
  type GraphConstant,
  graphArtifacts,
  layersArtifacts,
  text,
  texts,
  window,
  writeArtifacts,
} from '../../../../../test/support/tfjs-models.ts';
import { selectBackend } from '../../../../backend/select/select-backend.ts';
import type { Size } from '../../../vision/resample.ts';
import { networkUpTo, openGraph } from '../../graph-network.ts';
import { outputOf } from '../../model-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-network-'));
before(() => selectBackend('cpu', { threads: 1 }));
after(() => rmSync(folder, { recursive: true }));

const imagesOf = (count: number, { height, width }: Size) =>
  linearCongruential(7)(count * height * width * 3, 1);

/** What the written file gives at a tensor, as layers. */
async function given(
  artifacts: io.ModelArtifacts,
  name: string,
  images: Float32Array,
  { size, seen }: { readonly size: number; readonly seen?: Size },
): Promise<Float32Array> {
  const opened = openGraph(writeArtifacts(join(folder, 'model'), artifacts));
  const isNative = seen !== undefined;
  const options = { imageSize: size, tensors: [name], setting: 'cut', isNative };
  const { model } = await networkUpTo(opened, options);
  return await outputOf(model, images, seen);
}

const node = (name: string, op: string, input: readonly string[], attr: object = {}) => ({
  name,
  op,
  input,
  attr,
});

const one = { i: '1' };

/**
 * The forms that converters write: joined operations, halves of BatchNorm, ReLU6 in three steps.
 */
const graphNodes = [
  node('padded', 'Pad', ['image', 'pads']),
  node('conv', '_FusedConv2D', ['padded', 'kernel', 'bias'], {
    ...window(2, 'SAME'),
    fused_ops: texts('BiasAdd', 'Relu6'),
    num_args: one,
  }),
  node('depthwise', 'DepthwiseConv2dNative', ['conv', 'filters'], window(1, 'SAME')),
  node('scaled', 'Mul', ['depthwise', 'scale']),
  node('shifted', 'AddV2', ['scaled', 'shift']),
  node('relu', 'Relu', ['shifted']),
  node('relu/least', 'Minimum', ['relu', 'six']),
  node('relu6', 'Maximum', ['relu/least', 'zero']),
  node('wide', 'FusedDepthwiseConv2dNative', ['relu6', 'doubling', 'shift2'], {
    ...window(1, 'VALID'),
    fused_ops: texts('BiasAdd', 'Elu'),
    num_args: one,
  }),
  node('norm', 'FusedBatchNormV3', ['wide', 'gamma', 'beta', 'mean', 'variance'], {
    epsilon: { f: 0.001 },
    data_format: text('NHWC'),
  }),
  node('largest', 'MaxPool', ['norm'], window(2, 'SAME', 3)),
  node('means', 'AvgPool', ['norm'], window(2, 'SAME', 3)),
  node('both', 'ConcatV2', ['largest', 'means', 'three'], { N: { i: '2' } }),
  node('pooled', 'Mean', ['both', 'places'], { keep_dims: { b: true } }),
  node('gate', 'Conv2D', ['pooled', 'point'], window(1, 'VALID')),
  node('gate/bias', 'BiasAdd', ['gate', 'pointBias'], { data_format: text('NHWC') }),
  node('gate/sigmoid', 'Sigmoid', ['gate/bias']),
  node('gated', 'Mul', ['both', 'gate/sigmoid']),
  node('leaky', 'LeakyRelu', ['gated'], { alpha: { f: 0.1 } }),
  node('copy', 'Identity', ['leaky']),
  node('lengths', 'Shape', ['copy']),
  node('count', 'StridedSlice', ['lengths', 'first', 'second', 'step'], {
    shrink_axis_mask: { i: '1' },
  }),
  node('target', 'Pack', ['count', 'rest'], { N: { i: '2' } }),
  node('flat', 'Reshape', ['copy', 'target']),
  node('features', 'Mean', ['copy', 'places']),
  node('logits', '_FusedMatMul', ['features', 'matrix', 'matrixBias'], {
    fused_ops: texts('BiasAdd'),
    num_args: one,
  }),
  node('scores', 'Softmax', ['logits']),
];

const integers = (...values: readonly number[]): GraphConstant => ({
  shape: [values.length],
  values,
  isInteger: true,
});
const graphConstants: Readonly<Record<string, GraphConstant>> = {
  pads: { shape: [4, 2], values: [0, 0, 1, 0, 2, 1, 0, 0], isInteger: true },
  kernel: { shape: [3, 3, 3, 4] },
  bias: { shape: [4] },
  filters: { shape: [3, 3, 4, 1] },
  scale: { shape: [4] },
  shift: { shape: [4] },
  six: { shape: [], values: [6] },
  zero: { shape: [], values: [0] },
  doubling: { shape: [2, 2, 4, 2] },
  shift2: { shape: [8] },
  gamma: { shape: [8] },
  beta: { shape: [8] },
  mean: { shape: [8] },
  variance: { shape: [8], values: [1, 0.5, 2, 3, 0.1, 1, 0.7, 0.3] },
  three: { shape: [], values: [3], isInteger: true },
  places: integers(1, 2),
  point: { shape: [1, 1, 16, 16] },
  pointBias: { shape: [16] },
  first: integers(0),
  second: integers(1),
  step: integers(1),
  rest: { shape: [], values: [-1], isInteger: true },
  matrix: { shape: [16, 3] },
  matrixBias: { shape: [3] },
};

async function graphGives(artifacts: io.ModelArtifacts, name: string, images: Tensor) {
  const model = await loadGraphModel(tfjsIo.fromMemory(artifacts));
  const output = model.execute(images, name) as Tensor;
  return output.dataSync<'float32'>();
}

test('a graph model computes what tfjs computes of it, for one image and for three', async () => {
  const artifacts = graphArtifacts(graphNodes, graphConstants);
  for (const count of [1, 3]) {
    for (const name of ['conv', 'relu6', 'both', 'flat', 'scores']) {
      const size = 17;
      const images = imagesOf(count, { height: size, width: size });
      const wanted = await graphGives(artifacts, name, tensor(images, [count, size, size, 3]));
      assertClose(await given(artifacts, name, images, { size }), wanted, 1e-6, name);
    }
  }
});

test('a graph model that pools over all places computes the same of images of other sizes', async () => {
  const artifacts = graphArtifacts(graphNodes, graphConstants);
  for (const seen of [
    { height: 24, width: 31 },
    { height: 19, width: 18 },
  ]) {
    const images = imagesOf(2, seen);
    const x = tensor(images, [2, seen.height, seen.width, 3]);
    const wanted = await graphGives(artifacts, 'scores', x);
    assertClose(await given(artifacts, 'scores', images, { size: 16, seen }), wanted, 1e-6);
  }
});

test('a layer that only holds for one size is named where images keep theirs', async () => {
  const nodes = [...graphNodes.slice(0, 2), node('flat', 'Reshape', ['conv', 'fixed'])];
  const constants = { ...graphConstants, fixed: integers(-1, 4 * 9 * 10) };
  const artifacts = graphArtifacts(nodes, constants);
  const seen = { height: 16, width: 16 };
  await assert.rejects(given(artifacts, 'flat', imagesOf(1, seen), { size: 16, seen }), {
    message:
      'Expected a network that takes images of every size for scale: native, which resizes none. With images of 49 pixels a side: Expected a network whose operators have gradients here, but the node "flat" of model.json is Reshape with another number of elements than images x 25 x 26 x 4. Resize the images instead, or cut the network before it.',
  });
});

test('damaged variances and unknown operations are named, if the part before the cut needs them', async () => {
  const size = 17;
  const seen = { height: size, width: size };
  const giving = (artifacts: io.ModelArtifacts, name: string) =>
    given(artifacts, name, imagesOf(1, seen), { size });
  const variance = { shape: [8], values: [1, 0.5, -2, 3, 0.1, -1, 0.7, 0.3] };
  const damaged = graphArtifacts(graphNodes, { ...graphConstants, variance });
  await assert.rejects(giving(damaged, 'norm'), {
    message: `Expected variances above zero, got 2 of 8 that are not, in variance of ${join(folder, 'model', 'model.json')}: the file is damaged.`,
  });
  await giving(damaged, 'wide');
  const nodes = [...graphNodes, node('boxes', 'NonMaxSuppressionV5', ['flat'])];
  const unknown = graphArtifacts(nodes, graphConstants);
  await giving(unknown, 'flat');
  await assert.rejects(giving(unknown, 'boxes'), {
    message:
      'Expected a network whose operators have gradients here, but the node "boxes" of model.json is NonMaxSuppressionV5 of TensorFlow, which has none: docs/onnx-operators.md lists those that do; export it with these, or cut the network before it.',
  });
});

test('a layer that computes with its channels first is named with what it lacks', async () => {
  const model = sequential({ name: 'net' });
  model.add(layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3, inputShape: [12, 12, 3] }));
  model.add(layers.conv2d({ name: 'first', filters: 2, kernelSize: 3 }));
  const artifacts = await layersArtifacts(model);
  const written = JSON.stringify(artifacts.modelTopology);
  const turned = written.replace(/channels_last(?!.*channels_last)/, 'channels_first');
  assert.notEqual(turned, written);
  const changed = { ...artifacts, modelTopology: JSON.parse(turned) };
  const images = imagesOf(1, { height: 12, width: 12 });
  await assert.rejects(given(changed, 'first', images, { size: 12 }), {
    message:
      'Expected a network whose operators have gradients here, but the node "first" of model.json is Conv2D of Keras with the data_format channels_first. Export it in another form, or cut the network before it.',
  });
});

/** A network of most classes, with a network of its own inside. */
function layersNetwork() {
  const image = input({ name: 'image', shape: [20, 20, 3] });
  const on = (layer: layers.Layer, ...x: readonly SymbolicTensor[]) =>
    layer.apply(x.length === 1 ? x[0]! : [...x]) as SymbolicTensor;
  const separate = {
    depthwiseInitializer: 'glorotNormal',
    pointwiseInitializer: 'glorotNormal',
  } as const;
  const random = { kernelInitializer: 'glorotNormal', biasInitializer: 'randomNormal' } as const;
  const stem = on(
    layers.conv2d({
      name: 'stem',
      filters: 6,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      ...random,
    }),
    image,
  );
  const norm = on(
    layers.batchNormalization({ name: 'norm', scale: false, betaInitializer: 'randomNormal' }),
    stem,
  );
  const padded = on(
    layers.zeroPadding2d({
      name: 'padded',
      padding: [
        [1, 0],
        [2, 1],
      ],
    }),
    norm,
  );
  const depthwise = on(
    layers.depthwiseConv2d({
      name: 'depthwise',
      kernelSize: 3,
      depthMultiplier: 2,
      depthwiseInitializer: 'glorotNormal',
      activation: 'tanh',
    }),
    padded,
  );
  const narrow = on(
    layers.separableConv2d({
      name: 'separable',
      filters: 6,
      kernelSize: [1, 3],
      padding: 'same',
      ...separate,
    }),
    depthwise,
  );
  const six = on(layers.reLU({ name: 'six', maxValue: 6 }), narrow);
  const leaky = on(layers.leakyReLU({ name: 'leaky', alpha: 0.2 }), narrow);
  const own = on(
    layers.prelu({ name: 'own', sharedAxes: [1, 2], alphaInitializer: 'randomNormal' }),
    narrow,
  );
  const sum = on(layers.add({ name: 'sum' }), six, leaky, own);
  const inner = sequential({ name: 'inner' });
  inner.add(
    layers.averagePooling2d({
      name: 'mean',
      inputShape: [9, 11, 6],
      poolSize: 3,
      strides: 2,
      padding: 'same',
    }),
  );
  inner.add(layers.conv2d({ name: 'within', filters: 4, kernelSize: 1, ...random }));
  const means = on(asType<layers.Layer>(inner), sum);
  const largest = on(
    layers.maxPooling2d({ name: 'largest', poolSize: 3, strides: 2, padding: 'same' }),
    sum,
  );
  const mixed = on(layers.concatenate({ name: 'mixed' }), means, largest);
  const share = on(layers.activation({ name: 'share', activation: 'sigmoid' }), mixed);
  const product = on(layers.multiply({ name: 'product' }), mixed, share);
  const enlarged = on(layers.upSampling2d({ name: 'enlarged', size: [2, 2] }), product);
  const shape = on(layers.reshape({ name: 'counted', targetShape: [120, 10] }), enlarged);
  const flat = on(layers.flatten({ name: 'flat' }), shape);
  const dropped = on(layers.dropout({ name: 'dropped', rate: 0.3 }), flat);
  const hidden = on(
    layers.dense({ name: 'hidden', units: 5, activation: 'elu', ...random }),
    dropped,
  );
  const scores = on(
    layers.dense({ name: 'scores', units: 2, activation: 'softmax', ...random }),
    hidden,
  );
  return tfjsModel({ name: 'outer', inputs: image, outputs: scores });
}

test('a layers model computes what tfjs computes of it, cut at any layer', async () => {
  const model = layersNetwork();
  const artifacts = await layersArtifacts(model);
  const images = imagesOf(3, { height: 20, width: 20 });
  const x = tensor(images, [3, 20, 20, 3]);
  for (const name of [
    'stem',
    'norm',
    'separable',
    'sum',
    'mixed',
    'product',
    'enlarged',
    'scores',
  ]) {
    const part = tfjsModel({ inputs: model.inputs, outputs: model.getLayer(name).output });
    const wanted = (part.predict(x) as Tensor).dataSync<'float32'>();
    assertClose(await given(artifacts, name, images, { size: 20 }), wanted, 2e-6, name);
  }
});
