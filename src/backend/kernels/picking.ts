import { type DataType, util } from '@tensorflow/tfjs';
import { type Kernel, kernel } from '../lowering/kernel.ts';
import { isValueType, sizeOf, type ValueType } from '../trace/trace.ts';

interface TfOneHot {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype?: DataType;
}

/**
 * Kernels that pick elements or rows by index or condition; `checked` says that indices were at
 * hand and are in range.
 */
export const pickingKernels: readonly Kernel[] = [
  kernel<{ axis: number; batchDims?: number }, { axis: number; checked: boolean }>({
    name: 'GatherV2',
    inputs: ['x', 'indices'],
    plan([x, indices], { axis, batchDims = 0 }, known) {
      if (indices!.dtype !== 'int32' || batchDims !== 0) return undefined;
      const [axisIndex = 0] = util.parseAxisParam(axis, [...x!.shape]);
      const length = x!.shape[axisIndex] as number;
      const positions = known(1);
      if (positions?.some((position) => position < 0 || position >= length)) return undefined;
      const shape = [
        ...x!.shape.slice(0, axisIndex),
        ...indices!.shape,
        ...x!.shape.slice(axisIndex + 1),
      ];
      return {
        outputs: [{ shape, dtype: x!.dtype }],
        attributes: { axis: axisIndex, checked: positions !== undefined },
      };
    },
    lower(lowering, { operands: [x, indices], attributes: { axis, checked } }) {
      const { graph } = lowering;
      let positions = lowering.logical(indices!);
      if (!checked) {
        // ONNX would count a negative index from the end; here it is out of range, like one beyond
        // the end.
        const negative = graph.node('Less', [positions, graph.scalar(0, 'int32')]);
        positions = graph.node('Where', [
          negative,
          graph.scalar(x!.shape[axis] as number, 'int32'),
          positions,
        ]);
      }
      return {
        logical: graph.node('Gather', [lowering.logical(x!), positions], { attributes: { axis } }),
      };
    },
  }),
  // Sums of the rows that have the same segment: the gradient of picking rows, as an embedding
  // does. Rows whose segment does not exist are left out. Unlike on the cpu backend, which
  // multiplies every row by 0 or 1, NaN stays in its segment.
  kernel<{ numSegments: number }, { segments: number; checked: boolean }>({
    name: 'UnsortedSegmentSum',
    inputs: ['x', 'segmentIds'],
    plan([x, ids], { numSegments: segments }, known) {
      if (x!.dtype !== 'float32' || ids!.dtype !== 'int32' || ids!.shape.length !== 1)
        return undefined;
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
      // ScatterElements goes through the rows in order. ScatterND is ten times as fast, but its
      // threads lose what they add to one element at the same time.
      const sums = graph.node(
        'ScatterElements',
        [zeros, target, lowering.logical({ ...x!, shape: [count, size] })],
        {
          attributes: { axis: 0, reduction: 'add' },
        },
      );
      return {
        logical: graph.reshape(
          checked ? sums : graph.slice(sums, [0], [0], [segments]),
          outputs[0]!.shape,
        ),
      };
    },
  }),
  kernel<TfOneHot, { depth: number; on: number; off: number; dtype: ValueType }>({
    name: 'OneHot',
    inputs: ['indices'],
    plan([indices], { depth, onValue, offValue, dtype = 'int32' }) {
      if (!isValueType(dtype) || dtype === 'bool' || indices!.dtype !== 'int32') return undefined;
      const outputs = [{ shape: [...indices!.shape, depth], dtype }];
      return { outputs, attributes: { depth, on: onValue, off: offValue, dtype } };
    },
    // Not ONNX's OneHot: there a negative index counts from the end, here it is off everywhere.
    lower(lowering, { operands: [indices], attributes: { depth, on, off, dtype } }) {
      const { graph } = lowering;
      const { value, shape } = indices!;
      const positions = graph.cast(lowering.logical({ value, shape: [...shape, 1] }), 'int64');
      const hot = graph.node('Equal', [
        positions,
        graph.ints(Array.from({ length: depth }, (_, i) => i)),
      ]);
      return {
        logical: graph.node('Where', [hot, graph.scalar(on, dtype), graph.scalar(off, dtype)]),
      };
    },
  }),
  kernel<unknown, Record<string, never>>({
    name: 'Select',
    inputs: ['condition', 't', 'e'],
    plan([condition, t, e]) {
      if (t!.dtype !== e!.dtype || condition!.dtype !== 'bool') return undefined;
      return { outputs: [t!], attributes: {} };
    },
    lower(lowering, { operands: [condition, t, e] }) {
      const { graph } = lowering;
      const { value, shape } = condition!;
      // A condition of fewer axes chooses along the first ones.
      const aligned = [
        ...shape,
        ...Array.from({ length: t!.shape.length - shape.length }, () => 1),
      ];
      const chosen = lowering.logical({ value, shape: aligned });
      const whenTrue = lowering.logical(t!);
      const whenFalse = lowering.logical(e!);
      if (t!.value.dtype !== 'bool')
        return { logical: graph.node('Where', [chosen, whenTrue, whenFalse]) };
      // ONNX Runtime's Where takes no bools.
      const first = graph.node('And', [chosen, whenTrue]);
      const second = graph.node('And', [graph.node('Not', [chosen]), whenFalse]);
      return { logical: graph.node('Or', [first, second]) };
    },
  }),
];
