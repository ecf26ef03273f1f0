import type { backend_util } from '@tensorflow/tfjs';

type Conv2DInfo = ReturnType<typeof backend_util.computeConv2DInfo>;

/** How windows lie along one axis: a convolution's filter, or the elements that a pooling takes together. */
export interface WindowAxis {
  readonly window: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  /** The pad with which ONNX comes to tfjs's output size; undefined where no pad does. */
  readonly after: number | undefined;
}

const AXES = [
  ['Height', 'top'],
  ['Width', 'left'],
] as const;

/** The axes of a convolution or pooling as tfjs describes it, rows first. */
export function windowAxes(info: Conv2DInfo): WindowAxis[] {
  const { padInfo, ...rest } = info;
  const [numbers, pads] = [rest, padInfo] as unknown as [Record<string, number>, Record<string, number>];
  return AXES.map(([name, side]) => {
    const of = (what: string) => numbers[`${what}${name}`] as number;
    const [stride, before] = [of('stride'), pads[side] as number];
    const after = padAfter(of('in'), before, of('out'), stride, of('effectiveFilter'));
    return { window: of('filter'), stride, dilation: of('dilation'), before, after };
  });
}

/**
 * tfjs only uses the pads before an image. For a pad given as a number, its size is that of the height's stride and filter
 * for both axes. So the pads after the image follow from the size.
 */
function padAfter(length: number, before: number, windows: number, stride: number, reach: number): number | undefined {
  const after = Math.max(0, (windows - 1) * stride + reach - length - before);
  return Math.floor((length + before + after - reach) / stride) + 1 === windows ? after : undefined;
}

/** Rows and columns at the end of an image that no window reaches. They have no gradient, but the gradient has them. */
export function unreached(
  image: readonly number[],
  dy: readonly number[],
  window: readonly number[],
  { strides, dilations, pads }: { strides: readonly number[]; dilations?: readonly number[]; pads: readonly number[] },
): number[] {
  return window.map((length, axis) => {
    const covered = (dy[1 + axis]! - 1) * strides[axis]! + (length - 1) * (dilations?.[axis] ?? 1) + 1;
    return image[1 + axis]! + pads[axis]! + pads[axis + window.length]! - covered;
  });
}
