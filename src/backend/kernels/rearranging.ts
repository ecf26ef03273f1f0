import type { DataType } from '@tensorflow/tfjs';
import { util } from '@tensorflow/tfjs';
import { isValueType, ONNX_TYPE, sizeOf, type ValueType } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';
import { affineOfVector } from '../lowering/channel-affine.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import type { Operand, TraceValue } from '../trace.ts';
import { isImage } from './channelwise.ts';

/** Kernels that repeat, pad, turn or pick elements. */
export const rearrangingKernels: readonly Kernel[] = [
  kernel<{ paddings: [number, number][]; constantValue: number }, { pads: readonly number[]; value: number }>({
    name: 'PadV2',
    inputs: ['x'],
    plan([x], { paddings, constantValue }) {
      const { shape, dtype } = x!;
      const output = shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]);
      const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
      return { outputs: [{ shape: output, dtype }], attributes: { pads, value: constantValue } };
    },
    lower(lowering, { operands, attributes: { pads, value } }) {
      const { graph } = lowering;
      const [x] = operands;
      const number = graph.scalar(value, x!.value.dtype);
      if (!lowering.standsChannelsFirst(x!)) {
        return { logical: graph.node('Pad', [lowering.logical(x!), graph.ints(pads), number]) };
      }
      const moved = [0, 3, 1, 2, 4, 7, 5, 6].map((i) => pads[i] as number);
      return { channelsFirst: graph.node('Pad', [lowering.channelsFirst(x!), graph.ints(moved), number]) };
    },
  }),
  kernel<{ reps: number[] }, { reps: readonly number[] }>({
    name: 'Tile',
    inputs: ['x'],
    plan([x], { reps }) {
      const { shape, dtype } = x!;
      const output = shape.map((length, axis) => length * (reps[axis] as number));
      return { outputs: [{ shape: output, dtype }], attributes: { reps } };
    },
    lower: (lowering, { operands, attributes, outputs }) =>
      tiledChannels(lowering, operands[0]!, outputs[0]!) ?? {
        logical: lowering.graph.node('Tile', [lowering.logical(operands[0]!), lowering.graph.ints(attributes.reps)]),
      },
  }),
  kernel<{ dims: number | number[] }, { axes: readonly number[] }>({
    name: 'Reverse',
    inputs: ['x'],
    plan([x], { dims }) {
      const axes = util.parseAxisParam(dims, [...x!.shape]);
      if (axes.length === 0) return { view: x!.shape };
      return { outputs: [x!], attributes: { axes } };
    },
    lower(lowering, { operands, attributes: { axes } }) {
      const { graph } = lowering;
      const every = (value: number) => graph.ints(axes.map(() => value));
      // From the last element to before the first: any end below -length will do.
      const bounds = [every(-1), every(-(2 ** 31)), graph.ints(axes), every(-1)];
      return { logical: graph.node('Slice', [lowering.logical(operands[0]!), ...bounds]) };
    },
  }),
  kernel<
    { depth: number; onValue: number; offValue: number; dtype?: DataType },
    { depth: number; on: number; off: number; dtype: ValueType }
  >({
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
      const places = graph.node('Cast', [lowering.logical({ value, shape: [...shape, 1] })], {
        attributes: { to: ONNX_TYPE.int64 },
      });
      const hot = graph.node('Equal', [places, graph.ints(Array.from({ length: depth }, (_, i) => i))]);
      return { logical: graph.node('Where', [hot, graph.scalar(on, dtype), graph.scalar(off, dtype)]) };
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
      const { value, shape } = condition!;
      // A condition of fewer axes chooses along the first ones.
      const aligned = [...shape, ...Array.from({ length: t!.shape.length - shape.length }, () => 1)];
      const chosen = lowering.logical({ value, shape: aligned });
      const [whenTrue, whenFalse] = [lowering.logical(t!), lowering.logical(e!)];
      const { graph } = lowering;
      if (t!.value.dtype !== 'bool') return { logical: graph.node('Where', [chosen, whenTrue, whenFalse]) };
      // ONNX Runtime's Where takes no bools.
      const either = [
        graph.node('And', [chosen, whenTrue]),
        graph.node('And', [graph.node('Not', [chosen]), whenFalse]),
      ];
      return { logical: graph.node('Or', either) };
    },
  }),
];

/** One number per channel, laid over an image. */
function tiledChannels(lowering: Lowering, { value, shape }: Operand, output: TraceValue): Representation | undefined {
  const channels = output.shape.at(-1) as number;
  if (value.dtype !== 'float32' || !isImage(output.shape) || sizeOf(shape) !== channels || shape[3] !== channels)
    return undefined;
  return { affine: affineOfVector(lowering.logical({ value, shape: [channels] })) };
}
