import { sizeOf } from '../dtype.ts';
import { kernel } from '../kernel.ts';

type SegmentAttributes = { readonly segments: number; readonly checked: boolean };

/**
 * Sums of the rows that have the same segment: the gradient of picking rows, as an embedding does. Rows whose segment
 * does not exist are left out. Unlike on the cpu backend, which multiplies every row by 0 or 1, what is not a number
 * stays in its own segment.
 */
export const unsortedSegmentSum = kernel<{ numSegments: number }, SegmentAttributes>({
  name: 'UnsortedSegmentSum',
  inputs: ['x', 'segmentIds'],
  plan([x, ids], { numSegments: segments }, known) {
    if (x!.dtype !== 'float32' || ids!.dtype !== 'int32' || ids!.shape.length !== 1) return undefined;
    const checked = known(1)?.every((id) => id >= 0 && id < segments) ?? false;
    const outputs = [{ shape: [segments, ...x!.shape.slice(1)], dtype: x!.dtype }];
    return { outputs, attributes: { segments, checked } };
  },
  lower(lowering, { operands: [x, ids], attributes: { segments, checked }, outputs }) {
    const { graph } = lowering;
    const count = x!.shape[0] as number;
    const size = sizeOf(x!.shape) / count;
    let segment = lowering.logical({ ...ids!, shape: [count, 1] });
    if (!checked) {
      const exists = graph.node('And', [
        graph.node('GreaterOrEqual', [segment, graph.scalar(0, 'int32')]),
        graph.node('Less', [segment, graph.scalar(segments, 'int32')]),
      ]);
      segment = graph.node('Where', [exists, segment, graph.scalar(segments, 'int32')]);
    }
    // One more segment takes in what belongs to none.
    const rows = checked ? segments : segments + 1;
    const zeros = graph.node('Expand', [graph.scalar(0), graph.ints([rows, size])]);
    const target = graph.node('Expand', [segment, graph.ints([count, size])]);
    // ScatterElements goes through the rows in order. ScatterND is ten times as fast, but its threads lose what they add
    // to one place at the same time.
    const sums = graph.node('ScatterElements', [zeros, target, lowering.logical({ ...x!, shape: [count, size] })], {
      attributes: { axis: 0, reduction: 'add' },
    });
    return { logical: graph.reshape(checked ? sums : graph.slice(sums, [0], [0], [segments]), outputs[0]!.shape) };
  },
});
