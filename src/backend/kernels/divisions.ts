import { ONNX_TYPE, type ValueType } from '../dtype.ts';
import type { Kernel } from '../kernel.ts';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { lowBits } from './cast.ts';
import { elementwise } from './elementwise.ts';

const NUMBERS: readonly ValueType[] = ['float32', 'int32'];

/**
 * Quotients rounded down, and what remains. In double precision, as tfjs computes them: a quotient must not be rounded
 * up to the whole number that it lies just below. A quotient is int32 whatever it is of.
 */
export const divisionKernels: readonly Kernel[] = [
  elementwise({ name: 'FloorDiv', inputs: ['a', 'b'], types: NUMBERS, result: 'int32', emit: floorDivide }),
  elementwise({ name: 'Mod', inputs: ['a', 'b'], types: NUMBERS, emit: modulo }),
];

function floorDivide(graph: GraphBuilder, names: readonly string[]): string {
  return toInt32(graph, graph.node('Floor', [graph.node('Div', doubles(graph, names))]));
}

/** JavaScript's remainder, moved to the divisor's sign where the two differ. */
function modulo(graph: GraphBuilder, names: readonly string[], _: unknown, type: ValueType): string {
  const [a, b] = doubles(graph, names) as [string, string];
  const remainder = (x: string) => graph.node('Mod', [x, b], { attributes: { fmod: 1 } });
  const zero = constant(graph, 0);
  const both = (comparison: string) =>
    graph.node('And', [graph.node(comparison, [a, zero]), graph.node(comparison, [b, zero])]);
  const sameSign = graph.node('Or', [both('Less'), both('GreaterOrEqual')]);
  const first = remainder(a);
  const result = graph.node('Where', [sameSign, first, remainder(graph.node('Add', [first, b]))]);
  return type === 'int32' ? toInt32(graph, result) : cast(graph, result, 'float32');
}

/** A double as an Int32Array takes it: whole already, modulo 2³², NaN and the infinities as 0. */
function toInt32(graph: GraphBuilder, x: string): string {
  const range = constant(graph, 2 ** 32);
  const high = graph.node('Mul', [graph.node('Floor', [graph.node('Div', [x, range])]), range]);
  // NaN for NaN and for the infinities, otherwise from 0 to below 2³².
  const low = graph.node('Sub', [x, high]);
  const known = graph.node('Where', [graph.node('IsNaN', [low]), constant(graph, 0), low]);
  return lowBits(graph, known);
}

function doubles(graph: GraphBuilder, names: readonly string[]): string[] {
  return names.map((name) => cast(graph, name, 'float64'));
}

function constant(graph: GraphBuilder, value: number): string {
  return cast(graph, graph.scalar(value), 'float64');
}

function cast(graph: GraphBuilder, name: string, type: keyof typeof ONNX_TYPE): string {
  return graph.node('Cast', [name], { attributes: { to: ONNX_TYPE[type] } });
}
