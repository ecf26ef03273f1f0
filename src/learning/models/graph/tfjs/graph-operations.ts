import { Unsupported } from '../operators/operator.ts';
import type { TfjsNode } from './graph-node.ts';
import {
  activations,
  clip,
  combine,
  concatenate,
  convolve,
  each,
  multiply,
  normalise,
  type Padding,
  pad,
  pool,
  reduce,
  reshape,
  softmax,
} from './operations.ts';
import {
  type Computed,
  knownNumbers,
  rankOf,
  type Translation,
  type Value,
} from './translation.ts';

/** Writes a node in ONNX's operators. `inputs` are what it takes. Throws an {@link Unsupported}. */
type Translate = (t: Translation, node: TfjsNode, inputs: readonly Value[]) => Value;

const weightIn = (value: Value | undefined) => {
  if (value?.kind === 'weight') return value.weight;
  throw new Unsupported('a kernel that depends on the image');
};

const pair = (values: readonly number[]): readonly [number, number] => {
  const [, rows = 1, columns = 1] = values;
  return [rows, columns];
};

function paddingOf(node: TfjsNode): Padding {
  node.expectChannelsLast();
  const padding = node.text('padding', 'VALID');
  if (padding === 'SAME') return 'same';
  if (padding === 'VALID') return 'valid';
  const [, , top = 0, bottom = 0, left = 0, right = 0] = node.ints('explicit_paddings');
  return { explicit: [top, left, bottom, right] };
}

/** A convolution, and what TensorFlow joined to it: a bias, then an activation. */
const convolution =
  (isDepthwise: boolean): Translate =>
  (t, node, [x, kernel, ...more]) => {
    const [bias, activation] = fused(node);
    const output = activation === undefined ? node.name : t.inner(node.name, 'linear');
    const form = {
      kernel: weightIn(kernel),
      bias: bias ? weightIn(more[0]) : undefined,
      strides: pair(node.ints('strides')),
      dilations: pair(node.ints('dilations')),
      padding: paddingOf(node),
      isDepthwise,
    };
    return activate(t, node, convolve(t, x!, form, output), activation, more[1]);
  };

const product: Translate = (t, node, [x, kernel, ...more]) => {
  const flags = ['transpose_a', 'transpose_b', 'adj_x', 'adj_y'];
  if (flags.some((flag) => node.flag(flag))) throw new Unsupported('transposed matrices');
  const [bias, activation] = fused(node);
  const output = activation === undefined ? node.name : t.inner(node.name, 'linear');
  if (kernel?.kind === 'value') return combineMatrices(t, x!, kernel, node.name);
  const value = multiply(t, x!, weightIn(kernel), bias ? weightIn(more[0]) : undefined, output);
  return activate(t, node, value, activation, more[1]);
};

function combineMatrices(t: Translation, a: Value, b: Value, output: string): Computed {
  const rank = Math.max(rankOf(a), rankOf(b));
  return t.emit('MatMul', [t.written(a).tensor, t.written(b).tensor], { tensor: output, rank });
}

/** Whether a bias is joined to a node, and the activation after it. */
function fused(node: TfjsNode): readonly [boolean, string | undefined] {
  const [first, second, ...more] = node.texts('fused_ops');
  if (first === undefined) return [false, undefined];
  if (first !== 'BiasAdd' || more.length > 0) {
    throw new Unsupported(`the joined operations ${node.texts('fused_ops').join(', ')}`);
  }
  return [true, second];
}

function activate(
  t: Translation,
  node: TfjsNode,
  x: Value,
  activation: string | undefined,
  slope: Value | undefined,
): Value {
  if (activation === undefined) return x;
  if (activation === 'Prelu') return combine(t, 'PRelu', [x, slope!], node.name);
  const row = graphOperations.get(activation);
  if (row === undefined) throw new Unsupported(`the joined operation ${activation}`);
  return row(t, node, [x]);
}

const pooling =
  (by: 'MaxPool' | 'AveragePool'): Translate =>
  (t, node, [x]) => {
    const window = pair(node.ints('ksize'));
    const strides = pair(node.ints('strides'));
    return pool(t, x!, { by, window, strides, padding: paddingOf(node) }, node.name);
  };

const batchNorm: Translate = (t, node, [x, gamma, beta, mean, variance]) => {
  node.expectChannelsLast();
  const form = {
    gamma: weightIn(gamma),
    beta: weightIn(beta),
    mean: weightIn(mean),
    variance: weightIn(variance),
    epsilon: node.float('epsilon', 1e-3),
    momentum: 0.9, // a graph for inference has none
  };
  return normalise(t, x!, form, node.name);
};

const several =
  (operator: string): Translate =>
  (t, node, inputs) =>
    combine(t, operator, inputs, node.name);

/** The greater or lesser of two values; of a value and a number, a range. */
const bounded =
  (operator: 'Max' | 'Min'): Translate =>
  (t, node, [a, b]) => {
    const isFirst = a?.kind === 'weight';
    const limit = isFirst ? a : b;
    const value = isFirst ? b : a;
    const isNumber = limit?.kind === 'weight' && limit.weight.shape.length === 0;
    if (!isNumber || value?.kind !== 'value') return combine(t, operator, [a!, b!], node.name);
    const [bound = 0] = knownNumbers(limit);
    const range =
      operator === 'Max' ? [bound, Number.POSITIVE_INFINITY] : [Number.NEGATIVE_INFINITY, bound];
    return clip(t, value, range as [number, number], node.name);
  };

const unary =
  (operator: string): Translate =>
  (t, node, [x]) =>
    each(t, operator, x!, node.name);

const activation =
  (name: string): Translate =>
  (t, node, [x]) =>
    activations.get(name)!(t, x!, node.name);

const reduction =
  (operator: string): Translate =>
  (t, node, [x, axes]) => {
    const keep = node.flag('keep_dims', node.flag('keepDims'));
    return reduce(t, operator, x!, { axes: knownNumbers(axes), keep }, node.name);
  };

/** A weight as it is, or a value under another name. */
const identity: Translate = (t, node, [x]) =>
  x!.kind === 'weight' ? x! : each(t, 'Identity', x!, node.name);

const addition: Translate = (t, node, inputs) => {
  node.expectChannelsLast();
  return combine(t, 'Add', inputs, node.name);
};

const shapeOf: Translate = (t, node, [x]) => {
  const { tensor } = t.written(x!);
  return t.emit('Shape', [tensor], { tensor: node.name, rank: 1, length: rankOf(x!) });
};

/** A reshape by a list that is known, or that follows from shapes alone. */
const reshaping: Translate = (t, node, [x, target]) => {
  if (target?.kind !== 'value') return reshape(t, x!, knownNumbers(target), node.name);
  if (target.length === undefined) throw new Unsupported('a shape of unknown length');
  const inputs = [t.written(x!).tensor, target.tensor];
  return t.emit('Reshape', inputs, { tensor: node.name, rank: target.length });
};

const packing: Translate = (t, node, inputs) => {
  const axis = node.int('axis', 0);
  const rank = Math.max(...inputs.map(rankOf)) + 1;
  const parts = inputs.map((value) => {
    const part = partOf(t, node, value);
    const tensor = t.inner(node.name, 'part');
    return t.emit('Unsqueeze', [part, t.ints([axis], tensor)], { tensor, rank }).tensor;
  });
  const length = rank === 1 ? { length: inputs.length } : {};
  return t.emit('Concat', parts, { tensor: node.name, rank, ...length }, { axis });
};

/** Integers that are packed with lengths are settings, no weights. */
function partOf(t: Translation, { name }: TfjsNode, value: Value): string {
  if (value.kind === 'value') return t.written(value).tensor;
  const { shape, type } = value.weight;
  if (type !== 'int32') return t.written(value).tensor;
  const list = t.ints(knownNumbers(value), `${name}/number`);
  if (shape.length === 1) return list;
  const tensor = t.inner(name, 'number');
  const target = t.ints([], tensor);
  return t.emit('Reshape', [list, target], { tensor, rank: 0 }).tensor;
}

const expansion: Translate = (t, node, [x, axis]) => {
  const [at = 0] = knownNumbers(axis);
  const rank = rankOf(x!) + 1;
  const axes = t.ints([at], `${node.name}/axes`);
  return t.emit('Unsqueeze', [t.written(x!).tensor, axes], { tensor: node.name, rank });
};

const squeezing: Translate = (t, node, [x]) => {
  const axes = node.ints('squeeze_dims').length > 0 ? node.ints('squeeze_dims') : node.ints('axis');
  if (axes.length === 0) throw new Unsupported('no axes');
  const inputs = [t.written(x!).tensor, t.ints(axes, `${node.name}/axes`)];
  return t.emit('Squeeze', inputs, { tensor: node.name, rank: rankOf(x!) - axes.length });
};

/** A part along axes, as Python's `x[begin:end:step]`. */
const stridedSlice: Translate = (t, node, [x, begin, end, strides]) => {
  if (node.int('ellipsis_mask', 0) > 0 || node.int('new_axis_mask', 0) > 0) {
    throw new Unsupported('an ellipsis or a new axis');
  }
  const isIn = (mask: string, axis: number) => ((node.int(mask, 0) >> axis) & 1) === 1;
  const firsts = knownNumbers(begin);
  const steps = knownNumbers(strides);
  const shrunk = firsts.flatMap((_, axis) => (isIn('shrink_axis_mask', axis) ? [axis] : []));
  const starts = firsts.map((at, axis) => (isIn('begin_mask', axis) ? 0 : at));
  const ends = knownNumbers(end).map((at, axis) => {
    if (shrunk.includes(axis)) return firsts[axis] === -1 ? toEnd : firsts[axis]! + 1;
    return isIn('end_mask', axis) ? toEnd : at;
  });
  const list = (values: readonly number[], what: string) => t.ints(values, `${node.name}/${what}`);
  const rank = rankOf(x!);
  const output = shrunk.length === 0 ? node.name : t.inner(node.name, 'part');
  const axes = firsts.map((_, axis) => axis);
  const inputs = [
    t.written(x!).tensor,
    list(starts, 'starts'),
    list(ends, 'ends'),
    list(axes, 'axes'),
    list(steps, 'steps'),
  ];
  const part = t.emit('Slice', inputs, { tensor: output, rank });
  if (shrunk.length === 0) return part;
  const squeezed = { tensor: node.name, rank: rank - shrunk.length };
  return t.emit('Squeeze', [part.tensor, list(shrunk, 'shrunk')], squeezed);
};

/** Beyond the end of any axis. */
const toEnd = 2 ** 31 - 1;

const transposition: Translate = (t, node, [x, perm]) => {
  const { tensor } = t.written(x!);
  const form = { tensor: node.name, rank: rankOf(x!) };
  return t.emit('Transpose', [tensor], form, { perm: knownNumbers(perm) });
};

const padding: Translate = (t, node, [x, pads, value]) => {
  const numbers = knownNumbers(pads);
  const around = Array.from({ length: numbers.length / 2 }, (_, axis) => {
    return [numbers[2 * axis]!, numbers[2 * axis + 1]!] as const;
  });
  return pad(t, x!, around, node.name, value === undefined ? 0 : knownNumbers(value)[0]);
};

/** The operations of TensorFlow that tfjs's converter writes for networks of images. */
export const graphOperations: ReadonlyMap<string, Translate> = new Map(
  Object.entries({
    Conv2D: convolution(false),
    _FusedConv2D: convolution(false),
    DepthwiseConv2dNative: convolution(true),
    FusedDepthwiseConv2dNative: convolution(true),
    MatMul: product,
    _FusedMatMul: product,
    BatchMatMul: product,
    BatchMatMulV2: product,
    FusedBatchNorm: batchNorm,
    FusedBatchNormV2: batchNorm,
    FusedBatchNormV3: batchNorm,
    BiasAdd: addition,
    Add: several('Add'),
    AddV2: several('Add'),
    AddN: several('Sum'),
    Sub: several('Sub'),
    Mul: several('Mul'),
    RealDiv: several('Div'),
    Div: several('Div'),
    Maximum: bounded('Max'),
    Minimum: bounded('Min'),
    Pow: several('Pow'),
    Prelu: several('PRelu'),
    Relu: activation('relu'),
    Relu6: activation('relu6'),
    Elu: activation('elu'),
    Selu: unary('Selu'),
    LeakyRelu: (t, node, [x]) =>
      each(t, 'LeakyRelu', x!, node.name, { alpha: { float: node.float('alpha', 0.2) } }),
    Sigmoid: unary('Sigmoid'),
    Tanh: unary('Tanh'),
    Softplus: unary('Softplus'),
    Exp: unary('Exp'),
    Log: unary('Log'),
    Sqrt: unary('Sqrt'),
    Rsqrt: (t, node, [x]) =>
      each(t, 'Reciprocal', each(t, 'Sqrt', x!, t.inner(node.name, 'sqrt')), node.name),
    Reciprocal: unary('Reciprocal'),
    Square: (t, node, [x]) => combine(t, 'Mul', [x!, x!], node.name),
    Neg: unary('Neg'),
    Abs: unary('Abs'),
    Floor: unary('Floor'),
    Ceil: unary('Ceil'),
    Erf: unary('Erf'),
    ClipByValue: (t, node, [x, least, most]) =>
      clip(t, x!, [knownNumbers(least)[0]!, knownNumbers(most)[0]!], node.name),
    Softmax: (t, node, [x]) => softmax(t, x!, node.name),
    Mean: reduction('ReduceMean'),
    Sum: reduction('ReduceSum'),
    Max: reduction('ReduceMax'),
    Min: reduction('ReduceMin'),
    MaxPool: pooling('MaxPool'),
    AvgPool: pooling('AveragePool'),
    ConcatV2: (t, node, inputs) =>
      concatenate(t, inputs.slice(0, -1), knownNumbers(inputs.at(-1))[0]!, node.name),
    Reshape: reshaping,
    Shape: shapeOf,
    Pack: packing,
    ExpandDims: expansion,
    Squeeze: squeezing,
    StridedSlice: stridedSlice,
    Transpose: transposition,
    Pad: padding,
    PadV2: padding,
    Identity: identity,
    StopGradient: identity,
    // For inference these pass their input on.
    PlaceholderWithDefault: identity,
  }),
);
