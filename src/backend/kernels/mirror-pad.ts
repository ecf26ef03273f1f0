import { kernel } from '../kernel.ts';

interface TfMirrorPad {
  readonly paddings: readonly [before: number, after: number][];
  readonly mode: 'reflect' | 'symmetric';
}

type MirrorPadAttributes = { readonly paddings: readonly (readonly [number, number])[]; readonly symmetric: boolean };

/** An array continued by its own mirror image: about its outermost elements, or (symmetric) including them. */
export const mirrorPad = kernel<TfMirrorPad, MirrorPadAttributes>({
  name: 'MirrorPad',
  inputs: ['x'],
  plan([x], { paddings, mode }) {
    const shape = x!.shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]);
    return { outputs: [{ shape, dtype: x!.dtype }], attributes: { paddings, symmetric: mode === 'symmetric' } };
  },
  // ONNX's Pad can only reflect; picking places does both.
  lower(lowering, { operands: [x], attributes: { paddings, symmetric } }) {
    const { graph } = lowering;
    let name = lowering.logical(x!);
    for (const [axis, [before, after]] of paddings.entries()) {
      if (before + after === 0) continue;
      const places = mirrored(x!.shape[axis] as number, before, after, symmetric ? 1 : 0);
      name = graph.node('Gather', [name, graph.ints(places)], { attributes: { axis } });
    }
    return { logical: name };
  },
});

function mirrored(length: number, before: number, after: number, repeated: number): number[] {
  return Array.from({ length: before + length + after }, (_, i) => {
    const place = i - before;
    if (place < 0) return -place - repeated;
    return place < length ? place : 2 * (length - 1) - place + repeated;
  });
}
