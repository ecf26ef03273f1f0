import { checkVariance, type StoredTensor as StoredWeight } from '../../weights/weight-files.ts';
import type { Attribute } from '../file/onnx-graph.ts';
import { Unsupported } from '../operators/operator.ts';
import { type Computed, imageAxes, rankOf, type Translation, type Value } from './translation.ts';

// What TensorFlow's graphs and Keras's layers have in common, in ONNX's operators. `output` is the
// name of the tensor that an operation gives.

type Pair = readonly [rows: number, columns: number];

/** `explicit` are the pixels at the top, left, bottom and right. */
export type Padding = 'same' | 'valid' | { readonly explicit: readonly number[] };

const padsOf = (padding: Padding): Readonly<Record<string, Attribute>> => {
  if (padding === 'same') return { auto_pad: 'SAME_UPPER' };
  return padding === 'valid' ? {} : { pads: padding.explicit };
};

interface Convolution {
  readonly kernel: StoredWeight;
  readonly bias?: StoredWeight | undefined;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padding: Padding;
  /** A filter for each channel. */
  readonly isDepthwise: boolean;
}

/** A kernel `[height, width, in, out]`, or `[height, width, channels, multiplier]`. */
export function convolve(t: Translation, x: Value, form: Convolution, output: string): Computed {
  const { kernel, bias, strides, dilations, padding, isDepthwise } = form;
  const [height, width, channels, filters] = kernel.shape as [number, number, number, number];
  if (kernel.shape.length !== 4) throw new Unsupported('a kernel that has other than four axes');
  const filter = isDepthwise
    ? t.weight(kernel, { shape: [height, width, 1, channels * filters], order: [3, 2, 0, 1] })
    : t.weight(kernel, { order: [3, 2, 0, 1] });
  const inputs = [t.image(x).tensor, filter, ...(bias === undefined ? [] : [t.weight(bias)])];
  const group = isDepthwise ? { group: channels } : {};
  const attributes = { strides, dilations, ...padsOf(padding), ...group };
  return t.emit('Conv', inputs, { tensor: output, rank: 4, isImage: true }, attributes);
}

interface Pooling {
  readonly by: 'MaxPool' | 'AveragePool';
  readonly window: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

/** The mean of a window leaves out what lies beyond the border. */
export function pool(
  t: Translation,
  x: Value,
  { by, window, strides, padding }: Pooling,
  output: string,
): Computed {
  const attributes = { kernel_shape: window, strides, ...padsOf(padding) };
  return t.emit(by, [t.image(x).tensor], { tensor: output, rank: 4, isImage: true }, attributes);
}

interface Normalisation {
  readonly gamma?: StoredWeight | undefined;
  readonly beta?: StoredWeight | undefined;
  readonly mean: StoredWeight;
  readonly variance: StoredWeight;
  readonly epsilon: number;
  readonly momentum: number;
}

/** Normalises the channels, the last axis. A file without a factor or summand has none to learn. */
export function normalise(t: Translation, x: Value, form: Normalisation, output: string): Computed {
  const { gamma, beta, mean, variance, epsilon, momentum } = form;
  const rank = rankOf(x);
  if (rank !== 2 && rank !== 4) throw new Unsupported(`an input of ${rank} axes`);
  const isImage = rank === 4;
  const constant = (value: number, what: string) => {
    const { shape } = mean;
    return t.floats(Array<number>(shape[0] ?? 0).fill(value), shape, `${output}/${what}`);
  };
  const inputs = [
    (isImage ? t.image(x) : t.written(x)).tensor,
    gamma === undefined ? constant(1, 'gamma') : t.weight(gamma),
    beta === undefined ? constant(0, 'beta') : t.weight(beta),
    t.weight(mean),
    t.weight({ ...variance, read: () => checkedVariance(t, variance) }),
  ];
  const attributes = { epsilon: { float: epsilon }, momentum: { float: momentum } };
  return t.emit('BatchNormalization', inputs, { tensor: output, rank, isImage }, attributes);
}

function checkedVariance({ path }: Translation, variance: StoredWeight): Float32Array {
  const values = variance.read();
  checkVariance(path, variance, values);
  return values;
}

/** `[…, in]` times a kernel `[in, out]`. */
export function multiply(
  t: Translation,
  x: Value,
  kernel: StoredWeight,
  bias: StoredWeight | undefined,
  output: string,
): Computed {
  const { tensor, rank } = t.written(x);
  if (rank === 2) {
    const inputs = [tensor, t.weight(kernel), ...(bias === undefined ? [] : [t.weight(bias)])];
    return t.emit('Gemm', inputs, { tensor: output, rank });
  }
  const name = bias === undefined ? output : t.inner(output, 'product');
  const inputs = [tensor, t.weight(kernel)];
  const product = t.emit('MatMul', inputs, { tensor: name, rank: rankOf(x) });
  if (bias === undefined) return product;
  return combine(t, 'Add', [product, { kind: 'weight', weight: bias }], output);
}

/** An operator of several values that broadcast. */
export function combine(
  t: Translation,
  operator: string,
  values: readonly Value[],
  output: string,
): Computed {
  const { inputs, rank, isImage } = t.together(values);
  return t.emit(operator, inputs, { tensor: output, rank, isImage });
}

/** An operator that works number by number. */
export function each(
  t: Translation,
  operator: string,
  x: Value,
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Computed {
  const value = x.kind === 'weight' ? t.written(x) : x;
  const { tensor, isImage } = value;
  return t.emit(operator, [tensor], { tensor: output, rank: rankOf(value), isImage }, attributes);
}

/**
 * Clips to a range. Converters write ReLU6 as three operations, a rectifier, a minimum and a
 * maximum: ranges within one another are one.
 */
export function clip(
  t: Translation,
  x: Value,
  [least, most]: readonly [number, number],
  output: string,
): Computed {
  const value = x.kind === 'weight' ? t.written(x) : x;
  const before = t.clippedBy(value);
  const inner = {
    value: before?.value ?? value,
    least: Math.max(least, before?.least ?? least),
    most: Math.min(most, before?.most ?? most),
  };
  const range = inner.least <= inner.most ? inner : { value, least, most };
  t.clipped(output, range);
  return clipTo(t, range, output);
}

function clipTo(
  t: Translation,
  { value, least, most }: Readonly<{ value: Computed; least: number; most: number }>,
  output: string,
): Computed {
  const { isImage } = value;
  const form = { tensor: output, rank: rankOf(value), isImage };
  if (least === 0 && most === Number.POSITIVE_INFINITY) {
    return t.emit('Relu', [value.tensor], form);
  }
  const bound = (limit: number, what: string) =>
    Number.isFinite(limit) ? t.floats([limit], [], `${output}/${what}`) : '';
  const inputs = [value.tensor, bound(least, 'least'), bound(most, 'most')];
  return t.emit('Clip', inputs, form);
}

type Activate = (t: Translation, x: Value, output: string) => Computed;

const named =
  (operator: string, attributes: Readonly<Record<string, Attribute>> = {}): Activate =>
  (t, x, output) =>
    each(t, operator, x, output, attributes);

/** Keras's activations by their names. */
export const activations: ReadonlyMap<string, Activate> = new Map(
  Object.entries({
    relu: (t, x, output) => clip(t, x, [0, Number.POSITIVE_INFINITY], output),
    relu6: (t, x, output) => clip(t, x, [0, 6], output),
    sigmoid: named('Sigmoid'),
    tanh: named('Tanh'),
    elu: named('Elu', { alpha: { float: 1 } }),
    selu: named('Selu'),
    softplus: named('Softplus'),
    exponential: named('Exp'),
    mish: named('Mish'),
    gelu: named('Gelu'),
    hardSigmoid: named('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
    hard_sigmoid: named('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
    swish,
    silu: swish,
    softmax,
  } satisfies Readonly<Record<string, Activate>>),
);

function swish(t: Translation, x: Value, output: string): Computed {
  const gate = each(t, 'Sigmoid', x, t.inner(output, 'sigmoid'));
  return combine(t, 'Mul', [x, gate], output);
}

/** Over the channels, the last axis. */
export function softmax(t: Translation, x: Value, output: string): Computed {
  const isImage = x.kind === 'value' && x.isImage;
  return each(t, 'Softmax', x, output, { axis: isImage ? 1 : -1 });
}

/** A reduction over axes as the file counts them. */
export function reduce(
  t: Translation,
  operator: string,
  x: Value,
  { axes, keep }: { readonly axes: readonly number[]; readonly keep: boolean },
  output: string,
): Computed {
  const rank = rankOf(x);
  const counted = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const isPlaces = counted.includes(1) && counted.includes(2);
  const isImage = x.kind === 'value' && x.isImage && (keep || isPlaces);
  const value = isImage ? t.image(x) : t.written(x);
  const reduced = t.ints(isImage ? imageAxes(counted) : counted, `${output}/axes`);
  const outputRank = keep ? rank : rank - counted.length;
  const form = { tensor: output, rank: outputRank, isImage: isImage && keep };
  return t.emit(operator, [value.tensor, reduced], form, { keepdims: Number(keep) });
}

/** A value with its elements counted anew, in the file's order. -1 is what is left, 0 as it was. */
export function reshape(
  t: Translation,
  x: Value,
  target: readonly number[],
  output: string,
): Computed {
  const inputs = [t.written(x).tensor, t.ints(target, `${output}/shape`)];
  return t.emit('Reshape', inputs, { tensor: output, rank: target.length });
}

/** Values after one another along an axis as the file counts it. */
export function concatenate(
  t: Translation,
  values: readonly Value[],
  axis: number,
  output: string,
): Computed {
  const [first] = values;
  if (first === undefined) throw new Unsupported('no inputs');
  if (values.length === 1) return each(t, 'Identity', first, output);
  const rank = rankOf(first);
  const counted = axis < 0 ? axis + rank : axis;
  const isImage = values.some((value) => value.kind === 'value' && value.isImage);
  const inputs = values.map((value) => (isImage ? t.image(value) : t.written(value)).tensor);
  const placed = isImage ? imageAxes([counted])[0]! : counted;
  return t.emit('Concat', inputs, { tensor: output, rank, isImage }, { axis: placed });
}

/** Zeros, or another number, around the axes of a value, as the file counts them. */
export function pad(
  t: Translation,
  x: Value,
  pads: readonly (readonly [before: number, after: number])[],
  output: string,
  value = 0,
): Computed {
  const rank = rankOf(x);
  const isImage = x.kind === 'value' && x.isImage;
  const from = isImage ? t.image(x) : t.written(x);
  // An axis of TensorFlow by that of ONNX.
  const order = isImage ? [0, 3, 1, 2] : pads.map((_, axis) => axis);
  const around = order.map((axis) => pads[axis] ?? [0, 0]);
  const written = [...around.map(([before]) => before), ...around.map(([, after]) => after)];
  const inputs = [
    from.tensor,
    t.ints(written, `${output}/pads`),
    ...(value === 0 ? [] : [t.floats([value], [], `${output}/value`)]),
  ];
  return t.emit('Pad', inputs, { tensor: output, rank, isImage });
}
