import { backend_util, util } from '@tensorflow/tfjs';
import { sameShape, sizeOf } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';

/** Kernels that put arrays side by side (`Concat`), on top of each other (`Pack`), or take them apart again. */
export const joiningKernels: readonly Kernel[] = [
  kernel<{ axis: number }, { axis: number }>({
    name: 'Concat',
    plan(inputs, { axis }) {
      const shapes = inputs.map(({ shape }) => [...shape]);
      const [own = 0] = util.parseAxisParam(axis, shapes[0] as number[]);
      backend_util.assertParamsConsistent(shapes, own);
      const shape = backend_util.computeOutShape(shapes, own);
      if (inputs.length === 1) return { view: shape };
      return { outputs: [{ shape, dtype: inputs[0]!.dtype }], attributes: { axis: own } };
    },
    lower(lowering, { operands, attributes: { axis } }) {
      const filled = operands.filter(({ shape }) => sizeOf(shape) > 0);
      const channelsFirst = filled.every((operand) => lowering.standsChannelsFirst(operand));
      const names = filled.map((operand) =>
        channelsFirst ? lowering.channelsFirst(operand) : lowering.logical(operand),
      );
      const along = channelsFirst ? ([0, 2, 3, 1][axis] as number) : axis;
      const name = lowering.graph.node('Concat', names, { attributes: { axis: along } });
      return channelsFirst ? { channelsFirst: name } : { logical: name };
    },
  }),
  kernel<{ axis: number }, { axis: number }>({
    name: 'Pack',
    plan(inputs, { axis }) {
      const { shape, dtype } = inputs[0]!;
      if (inputs.some((input) => input.dtype !== dtype || !sameShape(input.shape, shape))) return undefined;
      const own = axis < 0 ? axis + shape.length + 1 : axis;
      const output = [...shape.slice(0, own), inputs.length, ...shape.slice(own)];
      return { outputs: [{ shape: output, dtype }], attributes: { axis: own } };
    },
    lower(lowering, { operands, attributes: { axis } }) {
      const names = operands.map(({ value, shape }) =>
        lowering.logical({ value, shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)] }),
      );
      return { logical: lowering.graph.node('Concat', names, { attributes: { axis } }) };
    },
  }),
  kernel<{ axis: number }, { axis: number }>({
    name: 'Unpack',
    inputs: ['value'],
    lists: true,
    plan([value], { axis }) {
      const { shape, dtype } = value!;
      const own = axis < 0 ? axis + shape.length : axis;
      const output = { shape: shape.filter((_, i) => i !== own), dtype };
      return { outputs: Array.from({ length: shape[own] as number }, () => output), attributes: { axis: own } };
    },
    lower(lowering, { operands, attributes: { axis }, outputs }) {
      const name = lowering.logical(operands[0]!);
      return outputs.map(({ shape }, i) => {
        const part = lowering.graph.slice(name, [axis], [i], [i + 1]);
        return { logical: lowering.graph.reshape(part, shape) };
      });
    },
  }),
  kernel<{ numOrSizeSplits: number | number[]; axis: number }, { axis: number; starts: readonly number[] }>({
    name: 'SplitV',
    inputs: ['x'],
    lists: true,
    plan([x], { numOrSizeSplits, axis }) {
      const { shape, dtype } = x!;
      const [own = 0] = util.parseAxisParam(axis, [...shape]);
      const sizes = backend_util.prepareSplitSize(x as never, numOrSizeSplits, own);
      const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
      const outputs = sizes.map((size) => ({ shape: shape.map((length, i) => (i === own ? size : length)), dtype }));
      return { outputs, attributes: { axis: own, starts } };
    },
    lower(lowering, { operands, attributes: { axis, starts }, outputs }) {
      const name = lowering.logical(operands[0]!);
      return outputs.map(({ shape }, i) => {
        const start = starts[i] as number;
        return { logical: lowering.graph.slice(name, [axis], [start], [start + (shape[axis] as number)]) };
      });
    },
  }),
];
