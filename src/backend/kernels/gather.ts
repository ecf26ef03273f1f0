import { backend_util, util } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Lowering } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';

type GatherAttributes = {
  readonly axis: number;
  /** Whether the indices were at hand, and are in range. */
  readonly checked: boolean;
  readonly batchDims: number;
};

/** The parts of an array at given places of an axis; with `batchDims` these first axes go along with the indices' own. */
export const gather = kernel<{ axis: number; batchDims?: number }, GatherAttributes>({
  name: 'GatherV2',
  inputs: ['x', 'indices'],
  plan([x, indices], { axis, batchDims = 0 }, known) {
    if (indices!.dtype !== 'int32') return undefined;
    const [own = 0] = util.parseAxisParam(axis, [...x!.shape]);
    const length = x!.shape[own] as number;
    const places = known(1);
    if (places?.some((place) => place < 0 || place >= length)) return undefined;
    const { outputShape } = shapesOf(x!, indices!, own, batchDims);
    const attributes = {
      axis: own,
      checked: places !== undefined,
      batchDims: batchDims < 0 ? batchDims + indices!.shape.length : batchDims,
    };
    return { outputs: [{ shape: outputShape, dtype: x!.dtype }], attributes };
  },
  lower(lowering, { operands, attributes, outputs }) {
    const { graph } = lowering;
    const [x, indices] = operands as [Operand, Operand];
    const { axis, checked, batchDims } = attributes;
    if (batchDims === 0) {
      const places = placesOf(lowering, indices, checked ? undefined : (x.shape[axis] as number));
      return { logical: graph.node('Gather', [lowering.logical(x), places], { attributes: { axis } }) };
    }
    // All batches in one array of rows, where each has its own stretch.
    const { batchSize, outerSize, dimSize, sliceSize } = shapesOf(x, indices, axis, batchDims);
    const rows = batchSize * outerSize * dimSize;
    const grouped = { ...indices, shape: [batchSize, 1, sizeFrom(indices.shape, batchDims)] };
    const places = placesOf(lowering, grouped, checked ? undefined : rows);
    const starts = graph.ints(Array.from({ length: batchSize * outerSize }, (_, i) => i * dimSize));
    const stretches = graph.node('Cast', [graph.reshape(starts, [batchSize, outerSize, 1])], {
      attributes: { to: ONNX_TYPE.int32 },
    });
    const named = graph.node('Add', [places, stretches]);
    const picked = graph.node('Gather', [lowering.logical({ ...x, shape: [rows, sliceSize] }), named], {
      attributes: { axis: 0 },
    });
    return { logical: graph.reshape(picked, outputs[0]!.shape) };
  },
});

/** The indices; where a range is given, negative ones become that: ONNX would count them from the end. */
function placesOf(lowering: Lowering, indices: Operand, outOfRange: number | undefined): string {
  const { graph } = lowering;
  const places = lowering.logical(indices);
  if (outOfRange === undefined) return places;
  const negative = graph.node('Less', [places, graph.scalar(0, 'int32')]);
  return graph.node('Where', [negative, graph.scalar(outOfRange, 'int32'), places]);
}

function shapesOf(
  x: { shape: readonly number[] },
  indices: { shape: readonly number[] },
  axis: number,
  batchDims: number,
) {
  // tfjs only looks at the tensors' shapes.
  return backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, axis, batchDims);
}

function sizeFrom(shape: readonly number[], axis: number): number {
  return shape.slice(axis).reduce((product, length) => product * length, 1);
}
