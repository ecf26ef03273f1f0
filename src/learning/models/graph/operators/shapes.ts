import { sizeOf } from '../file/constants.ts';

/**
 * The length of an axis that runs over the images of a batch, of which there may be any number. `k`
 * elements of each image make `k * perImage`. Larger than any other length, so that the arithmetic
 * of shapes carries it along.
 */
export const perImage = 2 ** 24;

/** Axes that a value may have, as in NumPy 1. */
export const mostAxes = 32;

export const isPerImage = (length: number): boolean => length >= perImage;

/** `images x 3 x 24 x 24`, for messages. */
export const showLengths = (shape: readonly number[]): string =>
  shape.map((length) => (isPerImage(length) ? showImages(length / perImage) : length)).join(' x ');

const showImages = (times: number): string => (times === 1 ? 'images' : `${times} images`);

/**
 * The order of a value's axes in memory: ONNX's, or the same with the channels, axis 1, moved to
 * the end, as tfjs has images.
 */
export type Layout = 'written' | 'channelsLast';

/** ONNX's shape of a value, whose axes may lie in another order in memory. */
export interface Placed {
  readonly shape: readonly number[];
  readonly layout: Layout;
  /**
   * How many elements lie around the images in the axis that runs over them: with 17 tokens around
   * the images of `[tokens * images, values]` it is 17. 1 when left out: images come first.
   */
  readonly around?: number;
}

/** The order of ONNX's axes in memory: `[0, 2, 3, 1]` with channels last. */
export function axisOrder(rank: number, layout: Layout): readonly number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (layout === 'written' || rank < 3) return axes;
  return [0, ...axes.slice(2), 1];
}

/** Where an axis of ONNX lies in memory. */
export const positionOf = (axis: number, rank: number, layout: Layout): number =>
  axisOrder(rank, layout).indexOf(axis);

export const inMemory = ({ shape, layout }: Placed): readonly number[] =>
  axisOrder(shape.length, layout).map((axis) => shape[axis]!);

/** An axis counted from the front, also where ONNX counts from the back. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** A shape for tfjs's `reshape`, which finds the length of one axis; undefined for several. */
export function reshapeTarget(shape: readonly number[]): readonly number[] | undefined {
  if (shape.filter(isPerImage).length > 1) return undefined;
  return shape.map((length) => (isPerImage(length) ? -1 : length));
}

/** The shape of an elementwise operation, as NumPy broadcasts; undefined where operands differ. */
export function broadcast(...shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const padded = shapes.map((shape) => padRank(shape, rank));
  const result = Array.from({ length: rank }, (_, axis) =>
    Math.max(...padded.map((shape) => shape[axis]!)),
  );
  const fits = padded.every((shape) =>
    shape.every((length, axis) => length === 1 || length === result[axis]),
  );
  return fits ? result : undefined;
}

/** A shape with further axes of one element before it. */
export const padRank = (shape: readonly number[], rank: number): readonly number[] => [
  ...Array.from({ length: rank - shape.length }, () => 1),
  ...shape,
];

/** How many elements lie around the images of a value, over all axes. */
const imagesAt = ({ shape, around = 1 }: Omit<Placed, 'layout'>): number =>
  sizeOf(shape.slice(0, Math.max(0, shape.findIndex(isPerImage)))) * around;

/**
 * The shape that a Reshape asks for: 0 keeps a length and -1 takes what is left. A file that was
 * exported for one image leaves the images out of its numbers; then they stay at the position in
 * memory where they were. Undefined where the elements do not fit.
 */
export function reshaped(
  from: Omit<Placed, 'layout'>,
  target: readonly number[],
  allowZero: boolean,
): readonly number[] | undefined {
  if (target.length > mostAxes) return undefined;
  const all = sizeOf(from.shape);
  const kept = target.map((length, axis) =>
    length === 0 && !allowZero ? (from.shape[axis] ?? 1) : length,
  );
  const open = kept.indexOf(-1);
  const known = sizeOf(kept.filter((_, axis) => axis !== open));
  const shape = open === -1 ? kept : kept.with(open, all / known);
  if (sizeOf(shape) === all) return shape.every(isLength) ? shape : undefined;
  if (sizeOf(shape) * perImage !== all) return undefined;
  const before = imagesAt(from);
  const starts = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const alone = starts.findIndex((start, axis) => start === before && shape[axis] === 1);
  // Fewer axes than before: the images were joined with what lies around them.
  const isJoined = alone === -1 && before > 1 && shape.length < from.shape.length;
  const axis = starts.indexOf(before) - Number(isJoined);
  const position = alone === -1 ? axis : alone;
  return position < 0 ? undefined : shape.with(position, shape[position]! * perImage);
}

/** How many elements lie around the images in their axis, after elements are only counted anew. */
export function aroundAfter(
  from: Omit<Placed, 'layout'>,
  to: readonly number[],
): number | undefined {
  const around = imagesAt(from) / imagesAt({ shape: to });
  const axis = to.findIndex(isPerImage);
  if (axis === -1) return 1;
  const isPart = Number.isInteger(around) && Number.isInteger(to[axis]! / perImage / around);
  return isPart ? around : undefined;
}

const isLength = (length: number): boolean =>
  isPerImage(length) ? length % perImage === 0 : Number.isInteger(length) && length > 0;

/** The shape of each image in memory, with null for the axis of images, as tfjs-layers has it. */
export const tfjsShape = (placed: Placed): (number | null)[] =>
  inMemory(placed).map((length) => (isPerImage(length) ? null : length));
