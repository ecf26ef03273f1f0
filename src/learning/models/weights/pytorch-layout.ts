import type { NetWeight } from './net-weights.ts';
import { inverseOrder, permuteAxes } from './permute-axes.ts';

/**
 * How PyTorch calls and lays out weights: `block1_conv1.weight` is `[out, in, height, width]`, a dense layer's
 * `[out, in]`, BatchNorm has `weight`, `bias`, `running_mean` and `running_var`. A separable convolution is two, `depthwise`
 * (`[channels, 1, height, width]`, with `groups=channels`) and `pointwise`, which has the bias. A `/` in a layer's name
 * becomes the dot of nested modules. Behind a `Flatten`, inputs are in PyTorch's order of it, channels first.
 */
export function pytorchName({ layer, name }: NetWeight): string {
  const module = layer.name.replaceAll('/', '.');
  if (layer.kind !== 'separableConv') return `${module}.${parameters[name] ?? name}`;
  return name === 'depthwise_kernel' ? `${module}.depthwise.weight` : `${module}.pointwise.${parameters[name] ?? name}`;
}

const parameters: Readonly<Record<string, string>> = {
  kernel: 'weight',
  pointwise_kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/** The shape in which PyTorch holds a weight. */
export function pytorchShape(weight: NetWeight): readonly number[] {
  const { shape, flattened } = weight;
  return flattened === undefined ? orderOf(weight).map((axis) => shape[axis]!) : shape.toReversed();
}

/** From tfjs's order of values to PyTorch's. */
export function toPytorch(weight: NetWeight, values: Float32Array): Float32Array<ArrayBuffer> {
  return permuteAxes(values, viewOf(weight), orderOf(weight));
}

/** From PyTorch's order of values to tfjs's. */
export function fromPytorch(weight: NetWeight, values: Float32Array): Float32Array<ArrayBuffer> {
  const [view, order] = [viewOf(weight), orderOf(weight)];
  const theirs = order.map((axis) => view[axis]!);
  return permuteAxes(values, theirs, inverseOrder(order));
}

/** The shape in which the axes of tfjs's values are those that change places. */
function viewOf({ shape, flattened }: NetWeight): readonly number[] {
  return flattened === undefined ? shape : [...flattened, ...shape.slice(1)];
}

/** Kernels are `[height, width, in, out]` or `[in, out]`, a depthwise one is `[height, width, channels, 1]`. */
function orderOf({ name, shape, flattened }: NetWeight): readonly number[] {
  if (flattened !== undefined) return shape.length === 2 ? [3, 2, 0, 1] : [2, 0, 1];
  if (shape.length === 4) return name === 'depthwise_kernel' ? [2, 3, 0, 1] : [3, 2, 0, 1];
  return shape.length === 2 ? [1, 0] : [0];
}
