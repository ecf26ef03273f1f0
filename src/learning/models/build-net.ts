import type { layers as Layers, LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import { input, layers, model, sequential } from '@tensorflow/tfjs';
import { unreachable } from '../../result.ts';
import { attention, classToken, layerNorm, layerScale, tokens } from './custom-layers.ts';
import { featureScaling } from './feature-scaling.ts';
import { freezableBatchNorm } from './freezable-batch-norm.ts';
import {
  type Activation,
  type BlockLayer,
  isBlock,
  joinName,
  type Layer,
  type Net,
  type PlainLayer,
  pathsOf,
  plainLayersIn,
} from './layers/layer.ts';
import { seededDropout } from './seeded-dropout.ts';

/**
 * A network as a tfjs-layers model from images `[batch, imageSize, imageSize, 3]` to the output of
 * its last layer, without a softmax. Kernels and biases are zeros: `initialiseWeights` or a file
 * fills them. The layers must accept `imageSize`.
 */
export const buildNet = (net: Net, imageSize: number): LayersModel =>
  build(net, { name: 'image', shape: [imageSize, imageSize, 3] });

/** The same from features `[batch, values]`. */
export const buildHead = (net: Net, values: number): LayersModel =>
  build(net, { name: 'features', shape: [values] });

function build({ name, layers: list }: Net, from: { name: string; shape: number[] }): LayersModel {
  if (!list.some((layer) => isBlock(layer) || layer.kind === 'pixel')) {
    const first = layers.inputLayer({ name: from.name, inputShape: from.shape });
    return sequential({
      name,
      layers: [first, ...plainLayersIn(list).map((layer) => tfjsLayer(layer))],
    });
  }
  const inputs = input(from);
  return model({ name, inputs, outputs: applyLayers(list, inputs) });
}

/** The output of layers that follow a tensor of another network. */
export const applyLayers = (list: readonly Layer[], input: SymbolicTensor): SymbolicTensor =>
  list.reduce(
    (x, layer) =>
      (isBlock(layer)
        ? applyBlock(layer, x)
        : tfjsLayer(layer, x.shape.at(-1)!).apply(x)) as SymbolicTensor,
    input,
  );

function applyBlock(block: BlockLayer, x: SymbolicTensor): SymbolicTensor {
  const outputs = pathsOf(block).map((path) => applyLayers(path, x));
  const name = joinName(block);
  switch (block.kind) {
    case 'residual':
      return layers.add({ name }).apply(outputs) as SymbolicTensor;
    case 'gate':
      return layers.multiply({ name }).apply([x, ...outputs]) as SymbolicTensor;
    case 'concat':
      return layers.concatenate({ name, axis: -1 }).apply(outputs) as SymbolicTensor;
    default:
      return unreachable(block);
  }
}

const zeros = { kernelInitializer: 'zeros', biasInitializer: 'zeros' } as const;
const depthwiseZeros = { depthwiseInitializer: 'zeros', biasInitializer: 'zeros' } as const;
const separableZeros = {
  depthwiseInitializer: 'zeros',
  pointwiseInitializer: 'zeros',
  biasInitializer: 'zeros',
} as const;

/** `channels` are those of its input, where a layer must know them. */
function tfjsLayer(layer: PlainLayer, channels = 0): Layers.Layer {
  const { kind, name } = layer;
  switch (kind) {
    case 'conv':
      return layers.conv2d({ ...convolution(layer), filters: layer.filters, ...zeros });
    case 'separableConv': {
      const { filters } = layer;
      return layers.separableConv2d({ ...convolution(layer), filters, ...separableZeros });
    }
    case 'depthwiseConv':
      return layers.depthwiseConv2d({ ...convolution(layer), ...depthwiseZeros });
    case 'zeroPad': {
      const [top, right, bottom, left] = layer.around;
      return layers.zeroPadding2d({
        name,
        padding: [
          [top, bottom],
          [left, right],
        ],
      });
    }
    case 'maxPool':
    case 'averagePool': {
      const config = { name, poolSize: layer.size, strides: layer.stride, padding: layer.padding };
      return kind === 'maxPool' ? layers.maxPooling2d(config) : layers.averagePooling2d(config);
    }
    case 'batchNorm':
      return freezableBatchNorm({ name, momentum: layer.momentum, epsilon: layer.epsilon });
    case 'layerNorm':
      return layerNorm({ name, epsilon: layer.epsilon });
    case 'layerScale':
      return layerScale({ name, initial: layer.initial });
    case 'activation':
      return layers.activation({ name, activation: layer.activation as TfjsActivation });
    case 'dropout':
      return seededDropout({ name, rate: layer.rate });
    case 'scaling':
      return featureScaling({ name, by: layer.by });
    case 'flatten':
      return layers.flatten({ name });
    case 'globalAveragePool':
      return layers.globalAveragePooling2d({ name });
    case 'pixel':
      return layers.reshape({ name, targetShape: [1, 1, channels] });
    case 'tokens':
      return tokens({ name });
    case 'attention':
      return attention({ name, heads: layer.heads });
    case 'classToken':
      return classToken({ name });
    case 'dense':
      return layers.dense({
        name,
        units: layer.units,
        useBias: layer.bias,
        ...activationOf(layer),
        ...zeros,
      });
    default:
      return unreachable(kind);
  }
}

type Convolution = Extract<PlainLayer, { readonly kernel: unknown }>;

const convolution = (layer: Convolution) => ({
  name: layer.name,
  kernelSize: [...layer.kernel] as [number, number],
  strides: layer.stride,
  padding: layer.padding,
  useBias: layer.bias,
  ...activationOf(layer),
});

/** tfjs's type lacks what {@link attention} and its neighbours register. */
type TfjsActivation = Exclude<Activation, 'hardSwish'>;

const activationOf = ({ activation }: { readonly activation?: Activation }) =>
  activation === undefined ? {} : { activation: activation as TfjsActivation };
