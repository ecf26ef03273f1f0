import { backend_util } from '@tensorflow/tfjs';
import { sizeOf } from '../dtype.ts';
import { type Call, type Kernel, type KnownValues, kernel, type TensorSpec } from '../kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';
import { nameRows, type RowIndex, rowsNamed } from './rows.ts';

/** Kernels that write, or add, rows at places named by index vectors. Where several name one place, the last is written. */
export const scatterKernels: readonly Kernel[] = [
  kernel<{ shape: number[] }, RowIndex>({
    name: 'ScatterNd',
    inputs: ['indices', 'updates'],
    plan([indices, updates], { shape }, known) {
      const index = rowIndex(indices!, updates!, shape, known(0));
      if (index === undefined || updates!.dtype === 'bool') return undefined;
      return { outputs: [{ shape, dtype: updates!.dtype }], attributes: index };
    },
    lower(lowering, call) {
      const [indices, updates] = call.operands as [Operand, Operand];
      const zero = lowering.graph.scalar(0, updates.value.dtype);
      return scatter(lowering, call, { base: zero, indices, updates, adds: true });
    },
  }),
  kernel<unknown, RowIndex>({
    name: 'TensorScatterUpdate',
    inputs: ['tensor', 'indices', 'updates'],
    plan([tensor, indices, updates], _, known) {
      const { shape, dtype } = tensor!;
      const index = rowIndex(indices!, updates!, shape, known(1));
      return index && { outputs: [{ shape, dtype }], attributes: index };
    },
    lower(lowering, call) {
      const [tensor, indices, updates] = call.operands as [Operand, Operand, Operand];
      return scatter(lowering, call, { base: tensor, indices, updates, adds: false });
    },
  }),
  kernel<{ outputShape: number[] }, RowIndex>({
    name: 'SparseToDense',
    inputs: ['sparseIndices', 'sparseValues', 'defaultValue'],
    plan([indices, values, fallback], { outputShape: shape }, known) {
      const index = rowIndex(indices!, values!, shape, known(0));
      if (index === undefined || fallback!.dtype !== values!.dtype) return undefined;
      return { outputs: [{ shape, dtype: values!.dtype }], attributes: index };
    },
    lower(lowering, call) {
      const [indices, updates, fallback] = call.operands as [Operand, Operand, Operand];
      return scatter(lowering, call, { base: lowering.logical(fallback), indices, updates, adds: false });
    },
  }),
];

/** Undefined where there is nothing to write, or a place that does not exist. */
function rowIndex(
  indices: TensorSpec,
  updates: TensorSpec,
  shape: readonly number[],
  places: ReturnType<KnownValues>,
): RowIndex | undefined {
  if (indices.dtype !== 'int32' || [indices.shape, updates.shape, shape].some((one) => sizeOf(one) === 0))
    return undefined;
  // tfjs only looks at the tensors' shapes.
  const specs = [updates, indices].map((spec) => ({ ...spec, rank: spec.shape.length })) as unknown as [never, never];
  const { strides, sliceRank, sliceSize, outputSize } = backend_util.calculateShapes(...specs, [...shape]);
  const index = { strides: strides.slice(0, sliceRank), rows: outputSize / sliceSize };
  return places === undefined || nameRows(places, index) ? index : undefined;
}

interface Scatter {
  /** What is there before: an array, or the name of one number. */
  readonly base: Operand | string;
  readonly indices: Operand;
  readonly updates: Operand;
  readonly adds: boolean;
}

/**
 * ScatterElements, which goes through the updates in order. ScatterND is ten times as fast, but where places repeat its
 * threads lose sums, and any of them may write last.
 */
function scatter(
  lowering: Lowering,
  { outputs, attributes }: Call<RowIndex>,
  { base, indices, updates, adds }: Scatter,
): Representation {
  const { graph } = lowering;
  const { shape } = outputs[0]!;
  const { rows, strides } = attributes;
  const rowSize = sizeOf(shape) / rows;
  const count = sizeOf(indices.shape) / strides.length;
  const before =
    typeof base === 'string'
      ? graph.node('Expand', [base, graph.ints([rows, rowSize])])
      : lowering.logical({ ...base, shape: [rows, rowSize] });
  const target = graph.node('Expand', [rowsNamed(lowering, indices, attributes), graph.ints([count, rowSize])]);
  const written =
    sizeOf(updates.shape) === count * rowSize
      ? lowering.logical({ ...updates, shape: [count, rowSize] })
      : // One value for all places.
        graph.node('Expand', [lowering.logical(updates), graph.ints([count, rowSize])]);
  const scattered = graph.node('ScatterElements', [before, target, written], {
    attributes: { axis: 0, reduction: adds ? 'add' : 'none' },
  });
  return { logical: graph.reshape(scattered, shape) };
}
