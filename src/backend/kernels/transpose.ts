import { sameShape } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';

/** Another order of the axes. Between the two orders of images nothing is written: a value may stand in either. */
export const transpose = kernel<{ perm: number[] }, { perm: readonly number[] }>({
  name: 'Transpose',
  inputs: ['x'],
  plan([x], { perm }) {
    const { shape, dtype } = x!;
    const output = perm.map((axis) => shape[axis] as number);
    // Axes of length 1 may move freely.
    const long = perm.filter((axis) => shape[axis] !== 1);
    if (long.every((axis, i) => i === 0 || axis > (long[i - 1] as number))) return { view: output };
    return { outputs: [{ shape: output, dtype }], attributes: { perm } };
  },
  lower(lowering, { operands, attributes: { perm } }) {
    const [x] = operands as [Operand];
    if (sameShape(perm, [0, 2, 3, 1])) return { channelsFirst: lowering.logical(x) };
    if (sameShape(perm, [0, 3, 1, 2])) return { logical: lowering.channelsFirst(x) };
    return { logical: lowering.graph.transpose(lowering.logical(x), perm) };
  },
});
