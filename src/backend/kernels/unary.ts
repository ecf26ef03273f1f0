import { backend_util } from '@tensorflow/tfjs';
import type { ValueType } from '../dtype.ts';
import type { Kernel } from '../kernel.ts';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { elementwise } from './elementwise.ts';

const FLOAT: readonly ValueType[] = ['float32'];
const NUMBERS: readonly ValueType[] = ['float32', 'int32'];

type Emit = (graph: GraphBuilder, x: string, type: ValueType) => string;

/** tfjs kernels of one input that are one ONNX operator. */
const OPERATORS: readonly (readonly [kernel: string, operator: string, types: readonly ValueType[]])[] = [
  ['Abs', 'Abs', NUMBERS],
  ['Acos', 'Acos', FLOAT],
  ['Acosh', 'Acosh', FLOAT],
  ['Asin', 'Asin', FLOAT],
  ['Asinh', 'Asinh', FLOAT],
  ['Atan', 'Atan', FLOAT],
  ['Atanh', 'Atanh', FLOAT],
  ['Ceil', 'Ceil', FLOAT],
  ['Cos', 'Cos', FLOAT],
  ['Cosh', 'Cosh', FLOAT],
  ['Elu', 'Elu', FLOAT],
  ['Erf', 'Erf', FLOAT],
  ['Exp', 'Exp', FLOAT],
  ['Floor', 'Floor', FLOAT],
  ['Log', 'Log', FLOAT],
  ['Neg', 'Neg', NUMBERS],
  ['Reciprocal', 'Reciprocal', FLOAT],
  ['Relu', 'Relu', FLOAT],
  ['Round', 'Round', FLOAT],
  ['Sigmoid', 'Sigmoid', FLOAT],
  ['Sin', 'Sin', FLOAT],
  ['Sinh', 'Sinh', FLOAT],
  ['Softplus', 'Softplus', FLOAT],
  ['Sqrt', 'Sqrt', FLOAT],
  ['Tan', 'Tan', FLOAT],
  ['Tanh', 'Tanh', FLOAT],
];

/** tfjs kernels of one input that take a few operators. */
const COMPOSED: readonly (readonly [kernel: string, types: readonly ValueType[], emit: Emit])[] = [
  ['Square', NUMBERS, (graph, x) => graph.node('Mul', [x, x])],
  ['Rsqrt', FLOAT, (graph, x) => graph.node('Reciprocal', [graph.node('Sqrt', [x])])],
  ['Relu6', FLOAT, (graph, x) => graph.node('Clip', [x, graph.scalar(0), graph.scalar(6)])],
  ['Expm1', FLOAT, expm1],
  ['Log1p', FLOAT, log1p],
  ['Selu', FLOAT, selu],
  ['Sign', NUMBERS, sign],
];

const PREDICATES: readonly (readonly [kernel: string, emit: Emit])[] = [
  ['IsNan', (graph, x) => graph.node('IsNaN', [x])],
  ['IsInf', (graph, x) => graph.node('IsInf', [x])],
  [
    'IsFinite',
    (graph, x) => graph.node('Not', [graph.node('Or', [graph.node('IsNaN', [x]), graph.node('IsInf', [x])])]),
  ],
];

export const unaryKernels: readonly Kernel[] = [
  ...OPERATORS.map(([name, operator, types]) =>
    elementwise({ name, inputs: ['x'], types, emit: (graph, names) => graph.node(operator, names) }),
  ),
  ...COMPOSED.map(([name, types, emit]) =>
    elementwise({
      name,
      inputs: ['x'],
      types,
      // The variance of BatchNorm takes its squares in.
      deferred: name === 'Square',
      emit: (graph, [x], _, type) => emit(graph, x as string, type),
    }),
  ),
  ...PREDICATES.map(([name, emit]) =>
    elementwise({
      name,
      inputs: ['x'],
      types: FLOAT,
      result: 'bool',
      emit: (graph, [x], _, type) => emit(graph, x as string, type),
    }),
  ),
  elementwise({
    name: 'LogicalNot',
    inputs: ['x'],
    types: ['bool'],
    emit: (graph, names) => graph.node('Not', names),
  }),
  elementwise<{ alpha: number }, { alpha: number }>({
    name: 'LeakyRelu',
    inputs: ['x'],
    types: FLOAT,
    attributes: ({ alpha }) => ({ alpha }),
    emit: (graph, names, { alpha }) => graph.node('LeakyRelu', names, { attributes: { alpha: { float: alpha } } }),
  }),
  elementwise<{ clipValueMin: number; clipValueMax: number }, { min: number; max: number }>({
    name: 'ClipByValue',
    inputs: ['x'],
    types: FLOAT,
    attributes: ({ clipValueMin, clipValueMax }) => ({ min: clipValueMin, max: clipValueMax }),
    emit: (graph, [x], { min, max }) => graph.node('Clip', [x as string, graph.scalar(min), graph.scalar(max)]),
  }),
];

function selu(graph: GraphBuilder, x: string): string {
  const { SELU_SCALE, SELU_SCALEALPHA } = backend_util;
  return graph.node('Selu', [x], {
    attributes: { gamma: { float: SELU_SCALE }, alpha: { float: SELU_SCALEALPHA / SELU_SCALE } },
  });
}

/** 0 for NaN, as tfjs has it. */
function sign(graph: GraphBuilder, x: string, type: ValueType): string {
  const signs = graph.node('Sign', [x]);
  return type === 'float32' ? graph.node('Where', [graph.node('IsNaN', [x]), graph.scalar(0), signs]) : signs;
}

/** e^x - 1 = tanh(x / 2) (e^x + 1), which loses no digits near 0, where e^x and 1 cancel. */
function expm1(graph: GraphBuilder, x: string): string {
  const half = graph.node('Tanh', [graph.node('Mul', [x, graph.scalar(0.5)])]);
  return graph.node('Mul', [half, graph.node('Add', [graph.node('Exp', [x]), graph.scalar(1)])]);
}

/** log(1 + x) = log(u) x / (u - 1) with u = 1 + x rounded; W. Kahan's trick, since u - 1 has the rounding that log(u) has. */
function log1p(graph: GraphBuilder, x: string): string {
  const one = graph.scalar(1);
  const u = graph.node('Add', [x, one]);
  const log = graph.node('Log', [u]);
  const exact = graph.node('Mul', [log, graph.node('Div', [x, graph.node('Sub', [u, one])])]);
  const tiny = graph.node('Equal', [u, one]);
  const infinite = graph.node('IsInf', [u]);
  return graph.node('Where', [tiny, x, graph.node('Where', [infinite, log, exact])]);
}
