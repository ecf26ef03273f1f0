import { util } from '@tensorflow/tfjs';
import { sizeOf } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';

const nothing = (): never => {
  throw new Error('Internal error: a view is never lowered.');
};

/** Kernels that only look at their input's bytes under another shape: nothing is recorded. */
export const viewKernels: readonly Kernel[] = [
  kernel({ name: 'Identity', inputs: ['x'], plan: ([x]) => ({ view: x!.shape }), lower: nothing }),
  kernel<{ shape: number[] }, never>({
    name: 'Reshape',
    inputs: ['x'],
    plan([x], { shape }) {
      const size = sizeOf(x!.shape);
      const view = util.inferFromImplicitShape(shape, size);
      util.assert(
        size === util.sizeFromShape(view),
        () =>
          `The new shape (${view}) has ${util.sizeFromShape(view)} elements and the old one (${x!.shape}) has ${size}.`,
      );
      return { view };
    },
    lower: nothing,
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
    lower: nothing,
  }),
];
