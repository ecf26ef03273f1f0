import { slice_util } from '@tensorflow/tfjs';
import { kernel } from '../kernel.ts';

interface TfStridedSlice {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

type StridedSliceAttributes = {
  readonly begin: readonly number[];
  readonly strides: readonly number[];
  readonly end: readonly number[];
};

/** Every n-th element along each axis, forwards or backwards; masks add axes and drop some. */
export const stridedSlice = kernel<TfStridedSlice, StridedSliceAttributes>({
  name: 'StridedSlice',
  inputs: ['x'],
  plan([x], { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask }) {
    const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
    const info = slice_util.sliceInfo([...x!.shape], begin, end, strides, ...masks);
    if (info.isIdentity) return { view: info.finalShape };
    return {
      outputs: [{ shape: info.finalShape, dtype: x!.dtype }],
      attributes: { begin: info.begin, end: info.end, strides: info.strides },
    };
  },
  lower(lowering, { operands: [x], attributes: { begin, end, strides }, outputs }) {
    const { graph } = lowering;
    // Backwards, the end may lie before the first element; -1 would be the last.
    const ends = end.map((place) => (place < 0 ? -(2 ** 31) : place));
    const axes = begin.map((_, axis) => axis);
    const bounds = [begin, ends, axes, strides].map((values) => graph.ints(values));
    return { logical: graph.reshape(graph.node('Slice', [lowering.logical(x!), ...bounds]), outputs[0]!.shape) };
  },
});
