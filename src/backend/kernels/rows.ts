import { type HostArray, ONNX_TYPE } from '../dtype.ts';
import type { Lowering } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';

/**
 * How index vectors name rows of an array: its first axes are counted through, the rest is a row. The strides are those
 * of the counted axes, in rows.
 */
export type RowIndex = { readonly strides: readonly number[]; readonly rows: number };

/** Whether each of these index vectors names a row; as in tfjs, only the row matters and not each axis. */
export function nameRows(indices: HostArray, { strides, rows }: RowIndex): boolean {
  for (let i = 0; i < indices.length; i += strides.length) {
    const row = strides.reduce((sum, stride, axis) => sum + stride * (indices[i + axis] as number), 0);
    if (row < 0 || row >= rows) return false;
  }
  return true;
}

/** The rows that index vectors name, `[count, 1]`. One that does not exist is an error when the graph runs. */
export function rowsNamed(lowering: Lowering, { value, shape }: Operand, { strides, rows }: RowIndex): string {
  const { graph } = lowering;
  const count = shape.reduce((product, length) => product * length, 1) / strides.length;
  let names = lowering.logical({ value, shape: [count, strides.length] });
  if (strides.length > 1) {
    const weights = graph.node('Cast', [graph.ints(strides)], { attributes: { to: ONNX_TYPE.int32 } });
    names = graph.node('ReduceSum', [graph.node('Mul', [names, weights]), graph.ints([1])]);
  }
  // ONNX counts negative indices from the end.
  const negative = graph.node('Less', [names, graph.scalar(0, 'int32')]);
  return graph.node('Where', [negative, graph.scalar(rows, 'int32'), names]);
}
