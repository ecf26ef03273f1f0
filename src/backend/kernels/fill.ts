import { type DataType, util } from '@tensorflow/tfjs';
import { isValueType } from '../dtype.ts';
import { type Call, type Kernel, kernel, type TensorSpec } from '../kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';

type FillAttributes = { readonly value: number };

interface TfFill {
  readonly shape: number[];
  readonly value: number | string;
  readonly dtype?: DataType;
}

/** One number everywhere. Deferred, since most readers only want the number (`Lowering.filledWith`). */
export const fillKernels: readonly Kernel[] = [
  kernel<TfFill, FillAttributes>({
    name: 'Fill',
    inputs: [],
    deferred: true,
    plan(_, { shape, value, dtype = util.inferDtype(value as number) }) {
      if (typeof value !== 'number' || !isValueType(dtype)) return undefined;
      return { outputs: [{ shape, dtype }], attributes: { value } };
    },
    lower: lowerFill,
  }),
  ...(['ZerosLike', 'OnesLike'] as const).map((name) =>
    kernel<unknown, FillAttributes>({
      name,
      inputs: ['x'],
      deferred: true,
      plan: ([x]) => ({ outputs: [x as TensorSpec], attributes: { value: name === 'OnesLike' ? 1 : 0 } }),
      lower: lowerFill,
    }),
  ),
];

function lowerFill({ graph }: Lowering, { attributes, outputs }: Call<FillAttributes>): Representation {
  const { shape, dtype } = outputs[0]!;
  const number = graph.scalar(attributes.value, dtype);
  return { logical: shape.length === 0 ? number : graph.node('Expand', [number, graph.ints(shape)]) };
}
