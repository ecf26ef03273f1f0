import { Unsupported } from '../operators/operator.ts';
import type { KerasLayer } from './keras-layer.ts';
import {
  activations,
  clip,
  combine,
  concatenate,
  convolve,
  each,
  multiply,
  normalise,
  pad,
  pool,
  reduce,
  reshape,
  softmax,
} from './operations.ts';
import { type Computed, rankOf, type Translation, type Value } from './translation.ts';

/**
 * Writes a layer in ONNX's operators. `inputs` are what it takes. Throws an {@link Unsupported}.
 */
type Translate = (t: Translation, layer: KerasLayer, inputs: readonly Value[]) => Computed;

function paddingOf(layer: KerasLayer): 'same' | 'valid' {
  layer.expectChannelsLast();
  const padding = layer.text('padding', 'valid').toLowerCase();
  if (padding === 'same' || padding === 'valid') return padding;
  throw new Unsupported(`the padding ${padding}`);
}

/** A layer with the activation that its settings join to it. */
function activated(
  t: Translation,
  layer: KerasLayer,
  linear: (output: string) => Computed,
): Computed {
  const name = layer.activation();
  if (name === 'linear') return linear(layer.output);
  return activate(t, name, linear(t.inner(layer.output, 'linear')), layer.output);
}

function activate(t: Translation, name: string, x: Value, output: string): Computed {
  const row = activations.get(name);
  if (row === undefined) throw new Unsupported(`the activation ${name}`);
  return row(t, x, output);
}

const windowsOf = (layer: KerasLayer) => ({
  strides: layer.pair('strides', 1),
  dilations: layer.pair('dilation_rate', 1),
  padding: paddingOf(layer),
});

const convolution: Translate = (t, layer, [x]) => {
  if (layer.number('groups', 1) !== 1) throw new Unsupported('groups');
  const bias = layer.optionalWeight('bias', 'use_bias');
  const form = { ...windowsOf(layer), kernel: layer.weight('kernel'), bias, isDepthwise: false };
  return activated(t, layer, (output) => convolve(t, x!, form, output));
};

const depthwiseConvolution: Translate = (t, layer, [x]) => {
  const kernel = layer.weight('depthwise_kernel');
  const bias = layer.optionalWeight('bias', 'use_bias');
  const form = { ...windowsOf(layer), kernel, bias, isDepthwise: true };
  return activated(t, layer, (output) => convolve(t, x!, form, output));
};

const separableConvolution: Translate = (t, layer, [x]) => {
  const depthwise = layer.weight('depthwise_kernel');
  const form = { ...windowsOf(layer), kernel: depthwise, isDepthwise: true };
  const spread = convolve(t, x!, form, t.inner(layer.output, 'depthwise'));
  const point = {
    kernel: layer.weight('pointwise_kernel'),
    bias: layer.optionalWeight('bias', 'use_bias'),
    strides: [1, 1],
    dilations: [1, 1],
    padding: 'valid',
    isDepthwise: false,
  } as const;
  return activated(t, layer, (output) => convolve(t, spread, point, output));
};

const dense: Translate = (t, layer, [x]) => {
  const bias = layer.optionalWeight('bias', 'use_bias');
  const kernel = layer.weight('kernel');
  return activated(t, layer, (output) => multiply(t, x!, kernel, bias, output));
};

function expectLastAxis(layer: KerasLayer, rank: number): void {
  if (!layer.has('axis')) return;
  const axes = layer.numbers('axis');
  if (axes.length === 1 && (axes[0] === -1 || axes[0] === rank - 1)) return;
  throw new Unsupported(`the axis ${axes.join(', ')}`);
}

const batchNorm: Translate = (t, layer, [x]) => {
  expectLastAxis(layer, rankOf(x!));
  const form = {
    gamma: layer.optionalWeight('gamma', 'scale'),
    beta: layer.optionalWeight('beta', 'center'),
    mean: layer.weight('moving_mean'),
    variance: layer.weight('moving_variance'),
    epsilon: layer.number('epsilon', 1e-3),
    momentum: layer.number('momentum', 0.99),
  };
  return normalise(t, x!, form, layer.output);
};

/** Keras's ReLU: the value at most `max_value`, and a share of what is negative. */
const rectifier: Translate = (t, layer, [x]) => {
  const most = layer.optionalNumber('max_value');
  const slope = layer.number('negative_slope', 0);
  if (layer.number('threshold', 0) !== 0) throw new Unsupported('a threshold');
  if (slope !== 0 && most !== undefined) throw new Unsupported('a slope with a largest value');
  if (slope !== 0) return leaky(t, x!, slope, layer.output);
  return clip(t, x!, [0, most ?? Number.POSITIVE_INFINITY], layer.output);
};

const leaky = (t: Translation, x: Value, slope: number, output: string): Computed =>
  each(t, 'LeakyRelu', x, output, { alpha: { float: slope } });

const pooling =
  (by: 'MaxPool' | 'AveragePool'): Translate =>
  (t, layer, [x]) => {
    const window = layer.pair('pool_size', 2);
    const strides = layer.pair('strides', window);
    return pool(t, x!, { by, window, strides, padding: paddingOf(layer) }, layer.output);
  };

const globalPooling =
  (operator: string): Translate =>
  (t, layer, [x]) => {
    layer.expectChannelsLast();
    const form = { axes: [1, 2], keep: layer.flag('keepdims', false) };
    return reduce(t, operator, x!, form, layer.output);
  };

const several =
  (operator: string): Translate =>
  (t, layer, inputs) =>
    combine(t, operator, inputs, layer.output);

/** What computes nothing outside training. */
const passedOn: Translate = (t, layer, [x]) => each(t, 'Identity', x!, layer.output);

const dropout: Translate = (t, layer, [x]) => {
  const value = x as Computed;
  const rate = t.floats([layer.number('rate', 0.5)], [], `${layer.output}/rate`);
  const training = t.flag(true, `${layer.output}/training`);
  const { rank = rankOf(value), isImage } = value;
  return t.emit('Dropout', [value.tensor, rate, training], { tensor: layer.output, rank, isImage });
};

const reshaping: Translate = (t, layer, [x]) =>
  reshape(t, x!, [0, ...layer.numbers('target_shape')], layer.output);

const average: Translate = (t, layer, inputs) => {
  const sum = combine(t, 'Sum', inputs, t.inner(layer.output, 'sum'));
  const share = t.floats([1 / inputs.length], [], `${layer.output}/share`);
  const { rank = 0, isImage } = sum;
  return t.emit('Mul', [sum.tensor, share], { tensor: layer.output, rank, isImage });
};

const rescaling: Translate = (t, layer, [x]) => {
  const value = x as Computed;
  const { rank = rankOf(value), isImage } = value;
  const scale = t.floats([layer.number('scale', 1)], [], `${layer.output}/scale`);
  const offset = t.floats([layer.number('offset', 0)], [], `${layer.output}/offset`);
  const scaled = t.inner(layer.output, 'scaled');
  t.emit('Mul', [value.tensor, scale], { tensor: scaled, rank, isImage });
  return t.emit('Add', [scaled, offset], { tensor: layer.output, rank, isImage });
};

const enlarging: Translate = (t, layer, [x]) => {
  layer.expectChannelsLast();
  const [rows, columns] = layer.pair('size', 2);
  const isLinear = layer.text('interpolation', 'nearest') === 'bilinear';
  const scales = t.floats([1, 1, rows, columns], [4], `${layer.output}/scales`);
  const attributes = isLinear
    ? { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }
    : { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  const inputs = [t.image(x!).tensor, '', scales];
  return t.emit('Resize', inputs, { tensor: layer.output, rank: 4, isImage: true }, attributes);
};

const layerNorm: Translate = (t, layer, [x]) => {
  const { tensor, rank = rankOf(x!) } = t.written(x!);
  expectLastAxis(layer, rank);
  const gamma = layer.weight('gamma');
  const beta = layer.optionalWeight('beta', 'center');
  const inputs = [tensor, t.weight(gamma), ...(beta === undefined ? [] : [t.weight(beta)])];
  const attributes = { axis: -1, epsilon: { float: layer.number('epsilon', 1e-3) } };
  return t.emit('LayerNormalization', inputs, { tensor: layer.output, rank }, attributes);
};

/** The classes of Keras's layers that networks of images have. */
export const layerClasses: ReadonlyMap<string, Translate> = new Map(
  Object.entries({
    Conv2D: convolution,
    DepthwiseConv2D: depthwiseConvolution,
    SeparableConv2D: separableConvolution,
    Dense: dense,
    BatchNormalization: batchNorm,
    LayerNormalization: layerNorm,
    Activation: (t, layer, [x]) =>
      layer.activation() === 'linear'
        ? passedOn(t, layer, [x!])
        : activate(t, layer.activation(), x!, layer.output),
    ReLU: rectifier,
    LeakyReLU: (t, layer, [x]) =>
      leaky(t, x!, layer.number('alpha', layer.number('negative_slope', 0.3)), layer.output),
    ELU: (t, layer, [x]) =>
      each(t, 'Elu', x!, layer.output, { alpha: { float: layer.number('alpha', 1) } }),
    PReLU: (t, layer, [x]) =>
      combine(t, 'PRelu', [x!, { kind: 'weight', weight: layer.weight('alpha') }], layer.output),
    Softmax: (t, layer, [x]) => softmax(t, x!, layer.output),
    MaxPooling2D: pooling('MaxPool'),
    AveragePooling2D: pooling('AveragePool'),
    GlobalAveragePooling2D: globalPooling('ReduceMean'),
    GlobalMaxPooling2D: globalPooling('ReduceMax'),
    ZeroPadding2D: (t, layer, [x]) => pad(t, x!, layer.pads('padding'), layer.output),
    UpSampling2D: enlarging,
    Flatten: (t, layer, [x]) => reshape(t, x!, [0, -1], layer.output),
    Reshape: reshaping,
    Concatenate: (t, layer, inputs) =>
      concatenate(t, inputs, layer.number('axis', -1), layer.output),
    Add: (t, layer, inputs) =>
      combine(t, inputs.length === 2 ? 'Add' : 'Sum', inputs, layer.output),
    Multiply: product,
    Subtract: several('Sub'),
    Maximum: several('Max'),
    Minimum: several('Min'),
    Average: average,
    Rescaling: rescaling,
    Dropout: dropout,
    SpatialDropout2D: passedOn,
    GaussianNoise: passedOn,
    ActivityRegularization: passedOn,
  } satisfies Readonly<Record<string, Translate>>),
);

/** ONNX multiplies two values at a time. */
function product(t: Translation, { output }: KerasLayer, inputs: readonly Value[]): Computed {
  const last = inputs.length - 1;
  const [first] = inputs;
  if (first === undefined || last < 1) throw new Unsupported('fewer than two inputs');
  return inputs.slice(1).reduce<Computed>((value, next, i) => {
    return combine(t, 'Mul', [value, next], i === last - 1 ? output : t.inner(output, 'part'));
  }, first as Computed);
}
