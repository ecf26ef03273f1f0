import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs';
import { type Kernel, kernel, type TensorSpec } from '../lowering/kernel.ts';
import { type Operand, sameShape } from '../trace/trace.ts';
import { croppedGradient } from './depthwise.ts';

type Ints = readonly number[];

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

/** A bound before the first element of any array: -1 would be the last element. */
const BEFORE_FIRST = -(2 ** 31);

/** An array as functions of tfjs take it that look only at its shape. */
const tensorInfo = ({ shape, dtype }: TensorSpec): TensorInfo => ({
  dataId: {},
  shape: [...shape],
  dtype,
});

/** Kernels that take parts of an array, in steps or backwards too. */
export const sliceKernels: readonly Kernel[] = [
  kernel<{ begin: number | number[]; size: number | number[] }, { begin: Ints }>({
    name: 'Slice',
    inputs: ['x'],
    plan([x], attributes) {
      const { shape, dtype } = x!;
      const tensor = tensorInfo(x!);
      const [begin, size] = slice_util.parseSliceParams(
        tensor,
        attributes.begin,
        attributes.size,
      ) as number[][];
      slice_util.assertParamsValid(tensor, begin!, size!);
      if (sameShape(size!, shape)) return { view: shape };
      return { outputs: [{ shape: size!, dtype }], attributes: { begin: begin! } };
    },
    lower(lowering, { operands, attributes: { begin }, outputs }) {
      const [x] = operands as [Operand];
      const { shape } = outputs[0]!;
      const cropped = croppedGradient(lowering, x, begin, shape);
      if (cropped !== undefined) return cropped;
      const axes = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== x.shape[axis]);
      const starts = axes.map((axis) => begin[axis] as number);
      const ends = axes.map((axis, i) => starts[i]! + shape[axis]!);
      return { logical: lowering.graph.slice(lowering.logical(x), axes, starts, ends) };
    },
  }),
  // Masks add axes and drop some.
  kernel<TfStridedSlice, { begin: Ints; strides: Ints; end: Ints }>({
    name: 'StridedSlice',
    inputs: ['x'],
    plan(
      [x],
      { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask },
    ) {
      const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
      const info = slice_util.sliceInfo([...x!.shape], begin, end, strides, ...masks);
      if (info.isIdentity) return { view: info.finalShape };
      const attributes = { begin: info.begin, end: info.end, strides: info.strides };
      return { outputs: [{ shape: info.finalShape, dtype: x!.dtype }], attributes };
    },
    lower(lowering, { operands: [x], attributes: { begin, end, strides }, outputs }) {
      const { graph } = lowering;
      const ends = end.map((bound) => (bound < 0 ? BEFORE_FIRST : bound));
      const bounds = [begin, ends, begin.map((_, axis) => axis), strides].map((values) =>
        graph.ints(values),
      );
      return {
        logical: graph.reshape(
          graph.node('Slice', [lowering.logical(x!), ...bounds]),
          outputs[0]!.shape,
        ),
      };
    },
  }),
  kernel<{ dims: number | number[] }, { axes: Ints }>({
    name: 'Reverse',
    inputs: ['x'],
    plan([x], { dims }) {
      const axes = util.parseAxisParam(dims, [...x!.shape]);
      return axes.length === 0 ? { view: x!.shape } : { outputs: [x!], attributes: { axes } };
    },
    lower(lowering, { operands, attributes: { axes } }) {
      const { graph } = lowering;
      const every = (value: number) => graph.ints(axes.map(() => value));
      const bounds = [every(-1), every(BEFORE_FIRST), graph.ints(axes), every(-1)];
      return { logical: graph.node('Slice', [lowering.logical(operands[0]!), ...bounds]) };
    },
  }),
  kernel<{ axis: number }, { axis: number }>({
    name: 'Unpack',
    inputs: ['value'],
    lists: true,
    plan([value], { axis }) {
      const { shape, dtype } = value!;
      const axisIndex = axis < 0 ? axis + shape.length : axis;
      const output = { shape: shape.filter((_, i) => i !== axisIndex), dtype };
      return {
        outputs: Array.from({ length: shape[axisIndex] as number }, () => output),
        attributes: { axis: axisIndex },
      };
    },
    lower(lowering, { operands, attributes: { axis }, outputs }) {
      const name = lowering.logical(operands[0]!);
      return outputs.map(({ shape }, i) => {
        const part = lowering.graph.slice(name, [axis], [i], [i + 1]);
        return { logical: lowering.graph.reshape(part, shape) };
      });
    },
  }),
  kernel<{ numOrSizeSplits: number | number[]; axis: number }, { axis: number; starts: Ints }>({
    name: 'SplitV',
    inputs: ['x'],
    lists: true,
    plan([x], { numOrSizeSplits, axis }) {
      const { shape, dtype } = x!;
      const [axisIndex = 0] = util.parseAxisParam(axis, [...shape]);
      const sizes = backend_util.prepareSplitSize(tensorInfo(x!), numOrSizeSplits, axisIndex);
      const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
      const outputs = sizes.map((size) => ({
        shape: shape.map((length, i) => (i === axisIndex ? size : length)),
        dtype,
      }));
      return { outputs, attributes: { axis: axisIndex, starts } };
    },
    lower(lowering, { operands, attributes: { axis, starts }, outputs }) {
      const name = lowering.logical(operands[0]!);
      return outputs.map(({ shape }, i) => {
        return {
          logical: lowering.graph.slice(name, [axis], [starts[i]!], [starts[i]! + shape[axis]!]),
        };
      });
    },
  }),
];
