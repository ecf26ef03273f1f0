import type { DataType } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { kernel } from '../lowering/kernel.ts';
import { isValueType, type ValueType } from '../trace/trace.ts';

/**
 * A change of type. Numbers become integers as in JavaScript: towards 0, modulo 2³², NaN and the
 * infinities 0.
 */
export const cast = kernel<{ dtype: DataType }, { from: ValueType; to: ValueType }>({
  name: 'Cast',
  inputs: ['x'],
  plan([x], { dtype }) {
    if (!isValueType(dtype)) return undefined;
    if (dtype === x!.dtype) return { view: x!.shape };
    return { outputs: [{ shape: x!.shape, dtype }], attributes: { from: x!.dtype, to: dtype } };
  },
  elementwise: (graph, [name], attributes) => write(graph, name!, attributes),
  lower: (lowering, { operands, attributes }) =>
    lowering.asItStands(operands[0]!, (name) => write(lowering.graph, name, attributes)),
});

interface Types {
  readonly from: ValueType;
  readonly to: ValueType;
}

function write(graph: GraphBuilder, name: string, { from, to }: Types): string {
  if (from !== 'float32' || to !== 'int32') return graph.cast(name, to);
  // Above 2⁶³ every float is a multiple of 2³².
  const fits = graph.node('Less', [graph.node('Abs', [name]), graph.scalar(2 ** 63)]);
  const long = graph.cast(graph.node('Where', [fits, name, graph.scalar(0)]), 'int64');
  // ONNX Runtime would join two casts in a row into one, which treats numbers that do not fit
  // differently.
  return graph.cast(graph.node('BitwiseAnd', [long, graph.int(2 ** 32 - 1)]), 'int32');
}
