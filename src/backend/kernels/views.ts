import { type DataType, util } from '@tensorflow/tfjs';
import { type Call, type Kernel, kernel, type TensorSpec } from '../lowering/kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import { isValueType, sizeOf } from '../trace/trace.ts';

/** Kernels that only look at their input's bytes under another shape: nothing is recorded. */
const views: readonly Kernel[] = [
  kernel({ name: 'Identity', inputs: ['x'], plan: ([x]) => ({ view: x!.shape }) }),
  kernel<{ shape: number[] }, never>({
    name: 'Reshape',
    inputs: ['x'],
    plan([x], { shape }) {
      const size = sizeOf(x!.shape);
      const view = util.inferFromImplicitShape(shape, size);
      const viewSize = sizeOf(view);
      util.assert(size === viewSize, () => {
        return `The new shape (${view}) has ${viewSize} elements and the old one (${x!.shape}) has ${size}.`;
      });
      return { view };
    },
  }),
  kernel<{ dim: number }, never>({
    name: 'ExpandDims',
    inputs: ['input'],
    plan([input], { dim }) {
      const { shape } = input!;
      const axis = dim < 0 ? dim + shape.length + 1 : dim;
      if (axis < 0 || axis > shape.length) return undefined;
      return { view: [...shape.slice(0, axis), 1, ...shape.slice(axis)] };
    },
  }),
];

type FillAttributes = { readonly value: number };

/**
 * One number everywhere. Deferred, since most readers only want the number (`Lowering.filledWith`).
 */
const fills: readonly Kernel[] = [
  kernel<{ shape: number[]; value: number | string; dtype?: DataType }, FillAttributes>({
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
      plan: ([x]) => ({
        outputs: [x as TensorSpec],
        attributes: { value: name === 'OnesLike' ? 1 : 0 },
      }),
      lower: lowerFill,
    }),
  ),
];

function lowerFill(
  { graph }: Lowering,
  { attributes, outputs }: Call<FillAttributes>,
): Representation {
  const { shape, dtype } = outputs[0]!;
  const number = graph.scalar(attributes.value, dtype);
  return {
    logical: shape.length === 0 ? number : graph.node('Expand', [number, graph.ints(shape)]),
  };
}

export const viewKernels: readonly Kernel[] = [...views, ...fills];
