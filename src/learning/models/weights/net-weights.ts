import type { Normalization } from '../../vision/pixels-to-floats.ts';
import type { PlainLayer } from '../layers/layer.ts';
import { plainLayers, type TracedLayer } from '../layers/trace-net.ts';

/** A weight of a network, with everything that decides its name and layout in a file. */
export interface NetWeight {
  readonly layer: PlainLayer;
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * `[height, width, channels]` of the image whose values, in this order, are the weight's first
   * axis.
   */
  readonly flattened?: readonly [number, number, number];
}

/** All weights of a network, layer by layer, in tfjs's order within one. */
export function netWeights(traced: readonly TracedLayer[]): readonly NetWeight[] {
  let flattened: NetWeight['flattened'];
  return plainLayers(traced).flatMap(({ layer, input, weights }) => {
    if (layer.kind === 'flatten' && input.length === 3) flattened = input;
    const image = flattened;
    // The output of a dense layer has no positions any more.
    if (layer.kind === 'dense') flattened = undefined;
    return weights.map(({ name, shape }) => {
      const isOfInputs = name !== 'bias' && image !== undefined;
      return { layer, name, shape, ...(isOfInputs && { flattened: image }) };
    });
  });
}

/** The names and layouts that one kind of weight file gives the weights of a network. */
export interface Naming {
  readonly name: string;
  nameOf(weight: NetWeight, tensors: readonly string[]): string;
  shapeOf(weight: NetWeight): readonly number[];
  /** Turns the file's order of values into tfjs's. */
  toTfjs(weight: NetWeight, values: Float32Array): Float32Array;
  /** How images were normalised for the published networks with such names. */
  readonly normalise?: Normalization;
}

const asInTfjs = {
  shapeOf: ({ shape }: NetWeight) => shape,
  toTfjs: (_: NetWeight, values: Float32Array) => values,
};

const ownName = ({ layer, name }: NetWeight): string => `${layer.name}/${name}`;

/**
 * The known namings. A file has the one by which most of a network's weights are found, or the
 * first of equal ones.
 */
export const namings: readonly Naming[] = [
  { name: 'Restage', nameOf: ownName, ...asInTfjs },
  {
    name: 'Keras',
    nameOf: kerasName,
    ...asInTfjs,
    // keras.applications.xception.preprocess_input: from -1 to 1.
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  },
  {
    name: '@vladmandic/face-api',
    nameOf: faceApiName,
    ...asInTfjs,
    // TinyXception.forwardInput of the package: it subtracts a mean, then divides values from 0 to
    // 255 by 255.
    normalise: { mean: [122.782 / 255, 117.001 / 255, 104.298 / 255], deviation: [1, 1, 1] },
  },
  { name: 'PyTorch', nameOf: pytorchName, shapeOf: pytorchShape, toTfjs: fromPytorch },
];

/**
 * Keras's Xception does not name the layers around its modules, which then get their number in a
 * process.
 */
function kerasName(weight: NetWeight, tensors: readonly string[]): string {
  const shortcut = /^block(\d+)_shortcut(_bn)?$/.exec(weight.layer.name);
  if (shortcut === null) return ownName(weight);
  const automatic =
    shortcut[2] === undefined
      ? /^conv(?:olution)?2d(?:_(\d+))?$/
      : /^batch_?normalization(?:_(\d+))?$/;
  const layers = [...new Set(tensors.map((name) => name.split('/')[0]!))].filter((layer) =>
    automatic.test(layer),
  );
  const number = (layer: string) => Number(automatic.exec(layer)![1] ?? 0);
  const inOrder = layers.sort((a, b) => number(a) - number(b));
  const position = ['2', '3', '4', '13'].indexOf(shortcut[1]!);
  return `${inOrder[position] ?? weight.layer.name}/${weight.name}`;
}

function faceApiName({ layer, name }: NetWeight): string {
  const kernel = layer.kind === 'dense' ? 'weights' : 'filters';
  return `${layer.name}/${name === 'kernel' ? kernel : name.replace('_kernel', '_filter')}`;
}

/**
 * The name of a weight in PyTorch, where `/` is the dot of nested modules. `block1_conv1.weight` is
 * `[out, in, height, width]`, that of a dense layer `[out, in]`, BatchNorm has `weight`, `bias`,
 * `running_mean` and `running_var`. A separable convolution is two, `depthwise`
 * (`[channels, 1, height, width]`, with `groups=channels`) and `pointwise`, which has the bias.
 * Attention has the dense layers `qkv` and `proj`; the class token is `cls_token`, and the
 * positions are `pos_embed`, as in timm. After a `Flatten`, inputs are channels first.
 */
export function pytorchName({ layer, name }: NetWeight): string {
  const module = layer.name.replaceAll('/', '.');
  const parameter = pytorchParameters[name] ?? name;
  switch (layer.kind) {
    case 'separableConv':
      return name === 'depthwise_kernel'
        ? `${module}.depthwise.weight`
        : `${module}.pointwise.${parameter}`;
    case 'attention':
      return `${module}.${parameter.replace('_', '.')}`;
    // A parameter that is no module's own, but of the block around.
    case 'layerScale':
      return module;
    case 'tokens':
      return [...module.split('.').slice(0, -1), name].join('.');
    default:
      return `${module}.${parameter}`;
  }
}

const pytorchParameters: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwise_kernel: 'weight',
  pointwise_kernel: 'weight',
  qkv_kernel: 'qkv_weight',
  proj_kernel: 'proj_weight',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/** The shape that PyTorch gives a weight; see {@link pytorchName}. */
export function pytorchShape(weight: NetWeight): readonly number[] {
  const { shape, flattened } = weight;
  return flattened === undefined
    ? axisOrder(weight).map((axis) => shape[axis]!)
    : shape.toReversed();
}

/** From tfjs's order of values to PyTorch's. */
export const toPytorch = (weight: NetWeight, values: Float32Array): Float32Array<ArrayBuffer> =>
  permuteAxes(values, axesOf(weight), axisOrder(weight));

function fromPytorch(weight: NetWeight, values: Float32Array): Float32Array {
  const axes = axesOf(weight);
  const order = axisOrder(weight);
  return permuteAxes(
    values,
    order.map((axis) => axes[axis]!),
    order.map((_, axis) => order.indexOf(axis)), // the inverse order
  );
}

/** The lengths of the axes of tfjs's values that change places, a flattened image's among them. */
const axesOf = ({ shape, flattened }: NetWeight): readonly number[] =>
  flattened === undefined ? shape : [...flattened, ...shape.slice(1)];

/**
 * Kernels are `[height, width, in, out]` or `[in, out]`, a depthwise one is
 * `[height, width, channels, 1]`.
 */
function axisOrder({ name, shape, flattened }: NetWeight): readonly number[] {
  if (flattened !== undefined) return shape.length === 2 ? [3, 2, 0, 1] : [2, 0, 1];
  if (shape.length === 4) return name === 'depthwise_kernel' ? [2, 3, 0, 1] : [3, 2, 0, 1];
  return shape.length === 2 ? [1, 0] : shape.map((_, axis) => axis);
}

/**
 * Axis `i` of the result is axis `order[i]`: `permuteAxes([1, 2, 3, 4, 5, 6], [2, 3], [1, 0])` is
 * `[1, 4, 2, 5, 3, 6]`.
 */
export function permuteAxes(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
) {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const result = new Float32Array(values.length);
  let to = 0;
  const copy = (depth: number, from: number): void => {
    const axis = order[depth]!;
    const length = shape[axis]!;
    const step = strides[axis]!;
    if (depth === order.length - 1)
      for (let i = 0; i < length; i++) result[to++] = values[from + i * step]!;
    else for (let i = 0; i < length; i++) copy(depth + 1, from + i * step);
  };
  copy(0, 0);
  return result;
}
