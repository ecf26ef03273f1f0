import type { layers as Layers, LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import { input, layers, model, sequential } from '@tensorflow/tfjs';
import { unreachable } from '../../result.ts';
import { addName, type Layer, type Net, type PlainLayer } from './layers/layer.ts';
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
  const plain = list.filter((layer) => layer.kind !== 'residual');
  if (plain.length === list.length) {
    const first = layers.inputLayer({ name: from.name, inputShape: from.shape });
    return sequential({ name, layers: [first, ...plain.map(tfjsLayer)] });
  }
  const inputs = input(from);
  return model({ name, inputs, outputs: applyLayers(list, inputs) });
}

/** The output of layers that follow a tensor of another network. */
export function applyLayers(list: readonly Layer[], input: SymbolicTensor): SymbolicTensor {
  return list.reduce((x, layer) => {
    if (layer.kind !== 'residual') return tfjsLayer(layer).apply(x) as SymbolicTensor;
    const add = layers.add({ name: addName(layer) });
    return add.apply([
      applyLayers(layer.body, x),
      applyLayers(layer.shortcut, x),
    ]) as SymbolicTensor;
  }, input);
}

const zeros = { kernelInitializer: 'zeros', biasInitializer: 'zeros' } as const;
const separableZeros = {
  depthwiseInitializer: 'zeros',
  pointwiseInitializer: 'zeros',
  biasInitializer: 'zeros',
} as const;

function tfjsLayer(layer: PlainLayer): Layers.Layer {
  const { kind, name } = layer;
  switch (kind) {
    case 'conv':
    case 'separableConv': {
      const { filters, kernel: kernelSize, stride: strides, padding, bias: useBias } = layer;
      const config = {
        name,
        filters,
        kernelSize,
        strides,
        padding,
        useBias,
        ...activationOf(layer),
      };
      if (kind === 'conv') return layers.conv2d({ ...config, ...zeros });
      return layers.separableConv2d({ ...config, ...separableZeros });
    }
    case 'maxPool':
    case 'averagePool': {
      const config = { name, poolSize: layer.size, strides: layer.stride, padding: layer.padding };
      return kind === 'maxPool' ? layers.maxPooling2d(config) : layers.averagePooling2d(config);
    }
    case 'batchNorm':
      return freezableBatchNorm({ name, momentum: layer.momentum, epsilon: layer.epsilon });
    case 'activation':
      return layers.activation({ name, activation: layer.activation });
    case 'dropout':
      return seededDropout({ name, rate: layer.rate });
    case 'flatten':
      return layers.flatten({ name });
    case 'globalAveragePool':
      return layers.globalAveragePooling2d({ name });
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

const activationOf = ({ activation }: Extract<PlainLayer, { readonly bias: boolean }>) =>
  activation === undefined ? {} : { activation };

/**
 * tfjs's BatchNorm, except that a frozen one (not `trainable`) normalises by its moving statistics
 * in training too, and leaves them unchanged, as in Keras since TensorFlow 2. tfjs's own uses those
 * of each batch, so that a frozen backbone would change under the head that learns to read it.
 */
export function freezableBatchNorm(
  config: Parameters<typeof layers.batchNormalization>[0],
): Layers.Layer {
  const layer = layers.batchNormalization(config);
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) =>
    call(inputs, layer.trainable ? kwargs : { ...kwargs, training: false });
  return layer;
}
