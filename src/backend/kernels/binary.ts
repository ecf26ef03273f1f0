import { ONNX_TYPE, type ValueType } from '../dtype.ts';
import type { Kernel } from '../kernel.ts';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { ChannelwiseOperation } from './channelwise.ts';
import { elementwise } from './elementwise.ts';

const FLOAT: readonly ValueType[] = ['float32'];
const NUMBERS: readonly ValueType[] = ['float32', 'int32'];
const ALL: readonly ValueType[] = ['float32', 'int32', 'bool'];

/** tfjs kernels of two inputs that are one ONNX operator. `Add` and `Multiply` have files of their own. */
const OPERATORS: readonly (readonly [
  kernel: string,
  operator: string,
  types: readonly ValueType[],
  channelwise?: ChannelwiseOperation,
])[] = [
  ['Sub', 'Sub', NUMBERS, 'subtract'],
  ['RealDiv', 'Div', FLOAT, 'divide'],
  ['Maximum', 'Max', NUMBERS],
  ['Minimum', 'Min', NUMBERS],
  ['BitwiseAnd', 'BitwiseAnd', ['int32']],
];

const COMPARISONS: readonly (readonly [kernel: string, operator: string, types: readonly ValueType[]])[] = [
  ['Equal', 'Equal', ALL],
  ['Greater', 'Greater', ALL],
  ['GreaterEqual', 'GreaterOrEqual', ALL],
  ['Less', 'Less', ALL],
  ['LessEqual', 'LessOrEqual', ALL],
  ['LogicalAnd', 'And', ['bool']],
  ['LogicalOr', 'Or', ['bool']],
];

export const binaryKernels: readonly Kernel[] = [
  ...OPERATORS.map(([name, operator, types, channelwise]) =>
    elementwise({
      name,
      inputs: ['a', 'b'],
      types,
      ...(channelwise && { channelwise }),
      emit: (graph, names) => graph.node(operator, names),
    }),
  ),
  ...COMPARISONS.map(([name, operator, types]) =>
    elementwise({
      name,
      inputs: ['a', 'b'],
      types,
      result: 'bool',
      emit: (graph, names, _, type) => graph.node(operator, ordered(graph, operator, names, type)),
    }),
  ),
  elementwise({
    name: 'NotEqual',
    inputs: ['a', 'b'],
    types: ALL,
    result: 'bool',
    emit: (graph, names) => graph.node('Not', [graph.node('Equal', names)]),
  }),
  elementwise({ name: 'SquaredDifference', inputs: ['a', 'b'], types: NUMBERS, emit: squaredDifference }),
  elementwise({ name: 'Pow', inputs: ['a', 'b'], types: FLOAT, emit: power }),
  elementwise({ name: 'EluGrad', inputs: ['dy', 'y'], types: FLOAT, emit: eluGradient }),
  elementwise({ name: 'Prelu', inputs: ['x', 'alpha'], types: FLOAT, emit: prelu }),
];

function squaredDifference(graph: GraphBuilder, names: readonly string[]): string {
  const difference = graph.node('Sub', names);
  return graph.node('Mul', [difference, difference]);
}

/** ONNX Runtime has an order of numbers only. */
function ordered(graph: GraphBuilder, operator: string, names: readonly string[], type: ValueType): readonly string[] {
  if (type !== 'bool' || ['Equal', 'And', 'Or'].includes(operator)) return names;
  return names.map((name) => graph.node('Cast', [name], { attributes: { to: ONNX_TYPE.int32 } }));
}

/** As in JavaScript, which unlike C knows no 1^NaN and no (±1)^±∞: they are NaN. */
function power(graph: GraphBuilder, [a, b]: readonly string[]): string {
  const one = graph.node('Equal', [graph.node('Abs', [a as string]), graph.scalar(1)]);
  // NaN for NaN and for either infinity.
  const endless = graph.node('IsNaN', [graph.node('Sub', [b as string, b as string])]);
  const result = graph.node('Pow', [a as string, b as string]);
  return graph.node('Where', [graph.node('And', [one, endless]), graph.scalar(Number.NaN), result]);
}

/** By the elu's result y, which below 0 is its slope less 1. */
function eluGradient(graph: GraphBuilder, [dy, y]: readonly string[]): string {
  const above = graph.node('GreaterOrEqual', [y as string, graph.scalar(0)]);
  const below = graph.node('Mul', [dy as string, graph.node('Add', [y as string, graph.scalar(1)])]);
  return graph.node('Where', [above, dy as string, below]);
}

/** x below 0 times alpha, as it is otherwise (NaN included). */
function prelu(graph: GraphBuilder, [x, alpha]: readonly string[]): string {
  const below = graph.node('Less', [x as string, graph.scalar(0)]);
  return graph.node('Where', [below, graph.node('Mul', [x as string, alpha as string]), x as string]);
}
