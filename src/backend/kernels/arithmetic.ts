import { backend_util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Kernel } from '../lowering/kernel.ts';
import type { ValueType } from '../trace/trace.ts';
import { elementwise } from './elementwise.ts';

const FLOAT: readonly ValueType[] = ['float32'];
const NUMBERS: readonly ValueType[] = ['float32', 'int32'];
const ALL: readonly ValueType[] = ['float32', 'int32', 'bool'];
const BOOL: readonly ValueType[] = ['bool'];

/** The operands; a function of one number has only the first. */
type Pair = readonly [string, string];
type Emit = (graph: GraphBuilder, names: Pair, type: ValueType) => string;
type Row = readonly [kernel: string, types: readonly ValueType[], emit: Emit, result?: ValueType];

const operator = (type: string) => (graph: GraphBuilder, names: readonly string[]) =>
  graph.node(type, names);

/** Functions of one float that ONNX calls as tfjs does. */
const FLOAT_FUNCTIONS = [
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'Cos',
  'Cosh',
  'Sin',
  'Sinh',
  'Tan',
  'Tanh',
  'Ceil',
  'Floor',
  'Round',
  'Reciprocal',
  'Sqrt',
  'Erf',
  'Exp',
  'Log',
  'Elu',
  'Relu',
  'Sigmoid',
  'Softplus',
];

const UNARY: readonly Row[] = [
  ...FLOAT_FUNCTIONS.map((name): Row => [name, FLOAT, operator(name)]),
  ['Abs', NUMBERS, operator('Abs')],
  ['Neg', NUMBERS, operator('Neg')],
  ['Rsqrt', FLOAT, (graph, x) => graph.node('Reciprocal', [graph.node('Sqrt', x)])],
  ['Relu6', FLOAT, (graph, [x]) => graph.node('Clip', [x, graph.scalar(0), graph.scalar(6)])],
  ['Expm1', FLOAT, expm1],
  ['Log1p', FLOAT, log1p],
  ['Selu', FLOAT, selu],
  ['Sign', NUMBERS, sign],
  ['IsNan', FLOAT, operator('IsNaN'), 'bool'],
  ['IsInf', FLOAT, operator('IsInf'), 'bool'],
  ['IsFinite', FLOAT, finite, 'bool'],
  ['LogicalNot', BOOL, operator('Not')],
];

/** Sub, RealDiv, Add and Multiply also work on sums that are not computed yet. */
const BINARY: readonly Row[] = [
  ['Maximum', NUMBERS, operator('Max')],
  ['Minimum', NUMBERS, operator('Min')],
  ['BitwiseAnd', ['int32'], operator('BitwiseAnd')],
  ['Equal', ALL, operator('Equal'), 'bool'],
  ['NotEqual', ALL, (graph, names) => graph.node('Not', [graph.node('Equal', names)]), 'bool'],
  ['Greater', ALL, ordering('Greater'), 'bool'],
  ['GreaterEqual', ALL, ordering('GreaterOrEqual'), 'bool'],
  ['Less', ALL, ordering('Less'), 'bool'],
  ['LessEqual', ALL, ordering('LessOrEqual'), 'bool'],
  ['LogicalAnd', BOOL, operator('And')],
  ['LogicalOr', BOOL, operator('Or')],
  ['SquaredDifference', NUMBERS, squaredDifference],
  ['Pow', FLOAT, power],
];

const kernelOf =
  (inputs: readonly string[]) =>
  ([name, types, emit, result]: Row): Kernel =>
    elementwise({
      name,
      inputs,
      types,
      ...(result && { result }),
      emit: (graph, names, _, type) => emit(graph, names as Pair, type),
    });

export const arithmeticKernels: readonly Kernel[] = [
  ...UNARY.map(kernelOf(['x'])),
  ...BINARY.map(kernelOf(['a', 'b'])),
  kernelOf(['dy', 'y'])(['EluGrad', FLOAT, eluGradient]),
  kernelOf(['x', 'alpha'])(['Prelu', FLOAT, prelu]),
  elementwise({
    name: 'Sub',
    inputs: ['a', 'b'],
    types: NUMBERS,
    channelwise: 'Sub',
    emit: operator('Sub'),
  }),
  elementwise({
    name: 'RealDiv',
    inputs: ['a', 'b'],
    types: FLOAT,
    channelwise: 'Div',
    emit: operator('Div'),
  }),
  elementwise({
    name: 'Square',
    inputs: ['x'],
    types: NUMBERS,
    // The variance of BatchNorm fuses its squares.
    deferred: true,
    emit: (graph, [x]) => graph.node('Mul', [x!, x!]),
  }),
  elementwise<{ alpha: number }, { alpha: number }>({
    name: 'LeakyRelu',
    inputs: ['x'],
    types: FLOAT,
    attributes: ({ alpha }) => ({ alpha }),
    emit: (graph, names, { alpha }) =>
      graph.node('LeakyRelu', names, { attributes: { alpha: { float: alpha } } }),
  }),
  elementwise<{ clipValueMin: number; clipValueMax: number }, { min: number; max: number }>({
    name: 'ClipByValue',
    inputs: ['x'],
    types: FLOAT,
    attributes: ({ clipValueMin, clipValueMax }) => ({ min: clipValueMin, max: clipValueMax }),
    emit: (graph, [x], { min, max }) =>
      graph.node('Clip', [x!, graph.scalar(min), graph.scalar(max)]),
  }),
];

function selu(graph: GraphBuilder, x: Pair): string {
  const { SELU_SCALE, SELU_SCALEALPHA } = backend_util;
  const attributes = {
    gamma: { float: SELU_SCALE },
    alpha: { float: SELU_SCALEALPHA / SELU_SCALE },
  };
  return graph.node('Selu', x, { attributes });
}

function finite(graph: GraphBuilder, [x]: Pair): string {
  return graph.node('Not', [
    graph.node('Or', [graph.node('IsNaN', [x]), graph.node('IsInf', [x])]),
  ]);
}

/** 0 for NaN, as tfjs has it. */
function sign(graph: GraphBuilder, [x]: Pair, type: ValueType): string {
  const signs = graph.node('Sign', [x]);
  return type === 'float32'
    ? graph.node('Where', [graph.node('IsNaN', [x]), graph.scalar(0), signs])
    : signs;
}

/** e^x - 1 = tanh(x / 2) (e^x + 1), which loses no digits near 0, where e^x and 1 cancel. */
function expm1(graph: GraphBuilder, [x]: Pair): string {
  const half = graph.node('Tanh', [graph.node('Mul', [x, graph.scalar(0.5)])]);
  return graph.node('Mul', [half, graph.node('Add', [graph.node('Exp', [x]), graph.scalar(1)])]);
}

/**
 * log(1 + x) = log(u) x / (u - 1) with u = 1 + x rounded; W. Kahan's trick, since u - 1 has the
 * rounding that log(u) has.
 */
function log1p(graph: GraphBuilder, [x]: Pair): string {
  const one = graph.scalar(1);
  const u = graph.node('Add', [x, one]);
  const log = graph.node('Log', [u]);
  const exact = graph.node('Mul', [log, graph.node('Div', [x, graph.node('Sub', [u, one])])]);
  const tiny = graph.node('Equal', [u, one]);
  const infinite = graph.node('IsInf', [u]);
  return graph.node('Where', [tiny, x, graph.node('Where', [infinite, log, exact])]);
}

function squaredDifference(graph: GraphBuilder, names: Pair): string {
  const difference = graph.node('Sub', names);
  return graph.node('Mul', [difference, difference]);
}

/** ONNX Runtime only orders numbers. */
function ordering(type: string): Emit {
  return (graph, names, of) =>
    graph.node(type, of === 'bool' ? names.map((name) => graph.cast(name, 'int32')) : names);
}

/** JavaScript's power: unlike in C, 1^NaN and (±1)^±∞ are NaN. */
function power(graph: GraphBuilder, [a, b]: Pair): string {
  const isOne = graph.node('Equal', [graph.node('Abs', [a]), graph.scalar(1)]);
  // NaN for NaN and for either infinity.
  const endless = graph.node('IsNaN', [graph.node('Sub', [b, b])]);
  const result = graph.node('Pow', [a, b]);
  return graph.node('Where', [
    graph.node('And', [isOne, endless]),
    graph.scalar(Number.NaN),
    result,
  ]);
}

/** By the elu's result y, which below 0 is its slope less 1. */
function eluGradient(graph: GraphBuilder, [dy, y]: Pair): string {
  const above = graph.node('GreaterOrEqual', [y, graph.scalar(0)]);
  const below = graph.node('Mul', [dy, graph.node('Add', [y, graph.scalar(1)])]);
  return graph.node('Where', [above, dy, below]);
}

/** x below 0 times alpha, as it is otherwise (NaN included). */
function prelu(graph: GraphBuilder, [x, alpha]: Pair): string {
  const below = graph.node('Less', [x, graph.scalar(0)]);
  return graph.node('Where', [below, graph.node('Mul', [x, alpha]), x]);
}
