import { backend_util, util } from '@tensorflow/tfjs';
import { affineOfVector } from '../lowering/channel-affine.ts';
import { type Kernel, kernel } from '../lowering/kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import { type Operand, sameShape, sizeOf, type TraceValue } from '../trace/trace.ts';
import { isImage } from './channelwise.ts';

/** Kernels that join, pad, repeat or turn arrays. */
export const rearrangingKernels: readonly Kernel[] = [
  kernel<{ axis: number }, { axis: number }>({
    name: 'Concat',
    plan(inputs, { axis }) {
      const shapes = inputs.map(({ shape }) => [...shape]);
      const [axisIndex = 0] = util.parseAxisParam(axis, shapes[0] as number[]);
      backend_util.assertParamsConsistent(shapes, axisIndex);
      const shape = backend_util.computeOutShape(shapes, axisIndex);
      if (inputs.length === 1) return { view: shape };
      return { outputs: [{ shape, dtype: inputs[0]!.dtype }], attributes: { axis: axisIndex } };
    },
    lower(lowering, { operands, attributes: { axis } }) {
      const filled = operands.filter(({ shape }) => sizeOf(shape) > 0);
      const join = (names: string[], along: number) =>
        lowering.graph.node('Concat', names, { attributes: { axis: along } });
      if (!filled.every((operand) => lowering.standsChannelsFirst(operand))) {
        const names = filled.map((operand) => lowering.logical(operand));
        return { logical: join(names, axis) };
      }
      const names = filled.map((operand) => lowering.channelsFirst(operand));
      return { channelsFirst: join(names, [0, 2, 3, 1][axis] as number) };
    },
  }),
  kernel<{ axis: number }, { axis: number }>({
    name: 'Pack',
    plan(inputs, { axis }) {
      const { shape, dtype } = inputs[0]!;
      if (inputs.some((input) => input.dtype !== dtype || !sameShape(input.shape, shape)))
        return undefined;
      const axisIndex = axis < 0 ? axis + shape.length + 1 : axis;
      const output = [...shape.slice(0, axisIndex), inputs.length, ...shape.slice(axisIndex)];
      return { outputs: [{ shape: output, dtype }], attributes: { axis: axisIndex } };
    },
    lower(lowering, { operands, attributes: { axis } }) {
      const names = operands.map(({ value, shape }) =>
        lowering.logical({ value, shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)] }),
      );
      return { logical: lowering.graph.node('Concat', names, { attributes: { axis } }) };
    },
  }),
  kernel<
    { paddings: [number, number][]; constantValue: number },
    { pads: readonly number[]; value: number }
  >({
    name: 'PadV2',
    inputs: ['x'],
    plan([x], { paddings, constantValue }) {
      const { shape, dtype } = x!;
      const output = shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]);
      const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
      return { outputs: [{ shape: output, dtype }], attributes: { pads, value: constantValue } };
    },
    lower(lowering, { operands: [x], attributes: { pads, value } }) {
      const { graph } = lowering;
      const number = graph.scalar(value, x!.value.dtype);
      return lowering.asItStands(x!, (name, channelsFirst) => {
        const orderedPads = channelsFirst
          ? [0, 3, 1, 2, 4, 7, 5, 6].map((i) => pads[i] as number)
          : pads;
        return graph.node('Pad', [name, graph.ints(orderedPads), number]);
      });
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
        logical: lowering.graph.node('Tile', [
          lowering.logical(operands[0]!),
          lowering.graph.ints(attributes.reps),
        ]),
      },
  }),
  // A transpose between the two orders of images writes nothing: a value may stand in either.
  kernel<{ perm: number[] }, { perm: readonly number[] }>({
    name: 'Transpose',
    inputs: ['x'],
    plan([x], { perm }) {
      const { shape, dtype } = x!;
      const output = perm.map((axis) => shape[axis] as number);
      // Axes of length 1 may move freely.
      const long = perm.filter((axis) => shape[axis] !== 1);
      if (long.every((axis, i) => i === 0 || axis > (long[i - 1] as number)))
        return { view: output };
      return { outputs: [{ shape: output, dtype }], attributes: { perm } };
    },
    lower(lowering, { operands, attributes: { perm } }) {
      const [x] = operands as [Operand];
      if (sameShape(perm, [0, 2, 3, 1])) return { channelsFirst: lowering.logical(x) };
      if (sameShape(perm, [0, 3, 1, 2])) return { logical: lowering.channelsFirst(x) };
      return { logical: lowering.graph.transpose(lowering.logical(x), perm) };
    },
  }),
];

/** One number per channel, laid over an image. */
function tiledChannels(
  lowering: Lowering,
  { value, shape }: Operand,
  output: TraceValue,
): Representation | undefined {
  const channels = output.shape.at(-1) as number;
  if (
    value.dtype !== 'float32' ||
    !isImage(output.shape) ||
    sizeOf(shape) !== channels ||
    shape[3] !== channels
  )
    return undefined;
  return { affine: affineOfVector(lowering.logical({ value, shape: [channels] })) };
}
