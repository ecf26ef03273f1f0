import type { ValueType } from '../dtype.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import type { Kernel } from '../kernel.ts';
import { elementwise } from './elementwise.ts';

const FLOAT: readonly ValueType[] = ['float32'];
const NUMBERS: readonly ValueType[] = ['float32', 'int32'];
const ALL: readonly ValueType[] = ['float32', 'int32', 'bool'];

/** tfjs kernels of two inputs that are one ONNX operator. `Add` and `Multiply` have files of their own. */
const OPERATORS: readonly (readonly [kernel: string, operator: string, types: readonly ValueType[]])[] = [
  ['Sub', 'Sub', NUMBERS],
  ['RealDiv', 'Div', FLOAT],
  ['Maximum', 'Max', NUMBERS],
  ['Minimum', 'Min', NUMBERS],
  ['Pow', 'Pow', FLOAT],
];

const COMPARISONS: readonly (readonly [kernel: string, operator: string, types: readonly ValueType[]])[] = [
  ['Equal', 'Equal', ALL],
  ['Greater', 'Greater', NUMBERS],
  ['GreaterEqual', 'GreaterOrEqual', NUMBERS],
  ['Less', 'Less', NUMBERS],
  ['LessEqual', 'LessOrEqual', NUMBERS],
  ['LogicalAnd', 'And', ['bool']],
  ['LogicalOr', 'Or', ['bool']],
];

export const binaryKernels: readonly Kernel[] = [
  ...OPERATORS.map(([name, operator, types]) =>
    elementwise({ name, inputs: ['a', 'b'], types, emit: (graph, names) => graph.node(operator, names) }),
  ),
  ...COMPARISONS.map(([name, operator, types]) =>
    elementwise({
      name,
      inputs: ['a', 'b'],
      types,
      result: 'bool',
      emit: (graph, names) => graph.node(operator, names),
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
  elementwise({ name: 'Prelu', inputs: ['x', 'alpha'], types: FLOAT, emit: prelu }),
];

function squaredDifference(graph: GraphBuilder, names: readonly string[]): string {
  const difference = graph.node('Sub', names);
  return graph.node('Mul', [difference, difference]);
}

/** x below 0 times alpha, as it is otherwise (NaN included). */
function prelu(graph: GraphBuilder, [x, alpha]: readonly string[]): string {
  const below = graph.node('Less', [x as string, graph.scalar(0)]);
  return graph.node('Where', [below, graph.node('Mul', [x as string, alpha as string]), x as string]);
}
