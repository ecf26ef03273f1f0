import type { TensorInfo } from '@tensorflow/tfjs';
import { slice_util } from '@tensorflow/tfjs';
import { sameShape } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Operand, TraceValue } from '../trace.ts';

type SliceAttributes = { readonly begin: readonly number[] };

/** A rectangular part of an array. */
export const slice = kernel<{ begin: number | number[]; size: number | number[] }, SliceAttributes>({
  name: 'Slice',
  inputs: ['x'],
  plan([x], attributes) {
    const { shape, dtype } = x!;
    // tfjs only looks at the tensor's shape.
    const [begin, size] = slice_util.parseSliceParams(x as unknown as never, attributes.begin, attributes.size) as [
      number[],
      number[],
    ];
    slice_util.assertParamsValid(x as unknown as TensorInfo, begin, size);
    if (sameShape(size, shape)) return { view: shape };
    return { outputs: [{ shape: size, dtype }], attributes: { begin } };
  },
  lower(lowering, { operands, attributes: { begin }, outputs }) {
    const [x] = operands as [Operand];
    const { shape } = outputs[0] as TraceValue;
    const axes = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== x.shape[axis]);
    const starts = axes.map((axis) => begin[axis] as number);
    const ends = axes.map((axis) => (begin[axis] as number) + (shape[axis] as number));
    return { logical: lowering.graph.slice(lowering.logical(x), axes, starts, ends) };
  },
});
