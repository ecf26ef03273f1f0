import { backend_util } from '@tensorflow/tfjs';
import { sizeOf } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import { nameRows, type RowIndex, rowsNamed } from './rows.ts';

/** The elements, or rows of them, that index vectors name. */
export const gatherNd = kernel<unknown, RowIndex>({
  name: 'GatherNd',
  inputs: ['params', 'indices'],
  plan([params, indices], _, known) {
    if (indices!.dtype !== 'int32' || sizeOf(indices!.shape) === 0 || sizeOf(params!.shape) === 0) return undefined;
    // tfjs only looks at the tensors' shapes.
    const [shape, , rowSize, strides] = backend_util.prepareAndValidate(withRank(params!), withRank(indices!));
    const index = { strides, rows: sizeOf(params!.shape) / rowSize };
    const places = known(1);
    if (places !== undefined && !nameRows(places, index)) return undefined;
    return { outputs: [{ shape, dtype: params!.dtype }], attributes: index };
  },
  lower(lowering, { operands: [params, indices], attributes, outputs }) {
    const { graph } = lowering;
    const rows = lowering.logical({
      value: params!.value,
      shape: [attributes.rows, sizeOf(params!.shape) / attributes.rows],
    });
    const picked = graph.node('Gather', [rows, rowsNamed(lowering, indices!, attributes)], { attributes: { axis: 0 } });
    return { logical: graph.reshape(picked, outputs[0]!.shape) };
  },
});

function withRank(spec: { shape: readonly number[]; dtype: string }): never {
  return { ...spec, rank: spec.shape.length } as never;
}
