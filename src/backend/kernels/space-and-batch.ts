import { backend_util } from '@tensorflow/tfjs';
import { sizeOf } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';

type BlockAttributes = { readonly blockShape: readonly number[]; readonly edges: readonly (readonly number[])[] };

interface TfBatchToSpace {
  readonly blockShape: number[];
  readonly crops: number[][];
}

interface TfSpaceToBatch {
  readonly blockShape: number[];
  readonly paddings: number[][];
}

const { getReshaped, getPermuted, getReshapedPermuted } = backend_util;

/** Space dealt out over the batch, every n-th place to one image of it, and taken together again: each the other's gradient. */
export const spaceAndBatchKernels: readonly Kernel[] = [
  kernel<TfBatchToSpace, BlockAttributes>({
    name: 'BatchToSpaceND',
    inputs: ['x'],
    plan([x], { blockShape, crops }) {
      const whole = getReshapedPermuted([...x!.shape], blockShape, sizeOf(blockShape));
      const cropped = backend_util.getSliceSize(whole, crops, blockShape.length);
      const shape = [...cropped, ...whole.slice(cropped.length)];
      return { outputs: [{ shape, dtype: x!.dtype }], attributes: { blockShape, edges: crops } };
    },
    lower(lowering, { operands: [x], attributes: { blockShape, edges }, outputs }) {
      const { graph } = lowering;
      const block = [...blockShape];
      const own = [...x!.shape];
      const split = getReshaped(own, block, sizeOf(block));
      const parts = lowering.logical({ value: x!.value, shape: split });
      const turned = graph.transpose(parts, getPermuted(split.length, block.length));
      const whole = graph.reshape(turned, getReshapedPermuted(own, block, sizeOf(block)));
      const axes = edges.map((_, axis) => axis + 1);
      const starts = edges.map(([before]) => before as number);
      const ends = axes.map((axis, i) => (starts[i] as number) + (outputs[0]!.shape[axis] as number));
      return { logical: graph.slice(whole, axes, starts, ends) };
    },
  }),
  kernel<TfSpaceToBatch, BlockAttributes>({
    name: 'SpaceToBatchND',
    inputs: ['x'],
    plan([x], { blockShape, paddings }) {
      const shape = getReshapedPermuted(padded(x!.shape, paddings), blockShape, sizeOf(blockShape), false);
      return { outputs: [{ shape, dtype: x!.dtype }], attributes: { blockShape, edges: paddings } };
    },
    lower(lowering, { operands: [x], attributes: { blockShape, edges }, outputs }) {
      const { graph } = lowering;
      const block = [...blockShape];
      const zeros = Array.from({ length: x!.shape.length - edges.length - 1 }, () => 0);
      const pads = [0, 1].flatMap((side) => [0, ...edges.map((edge) => edge[side] as number), ...zeros]);
      const whole = graph.node('Pad', [lowering.logical(x!), graph.ints(pads), graph.scalar(0, x!.value.dtype)]);
      const split = getReshaped(padded(x!.shape, edges), block, sizeOf(block), false);
      const turned = graph.transpose(graph.reshape(whole, split), getPermuted(split.length, block.length, false));
      return { logical: graph.reshape(turned, outputs[0]!.shape) };
    },
  }),
];

function padded(shape: readonly number[], paddings: readonly (readonly number[])[]): number[] {
  return shape.map((length, axis) => {
    const [before = 0, after = 0] = axis === 0 ? [] : (paddings[axis - 1] ?? []);
    return length + before + after;
  });
}
