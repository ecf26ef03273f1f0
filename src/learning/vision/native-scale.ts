import { formatCount } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import { type DecodedImage, decodeImage } from './decode-image.ts';
import type { Size } from './resample.ts';
import { cropNative } from './resize-image.ts';
import type { NativeScale } from './resize-settings.ts';

/** Decodes an image at its native scale. Throws as {@link decodeImage} does. */
export const decodeNative = async (bytes: Uint8Array, native: NativeScale): Promise<DecodedImage> =>
  cropNative(await decodeImage(bytes), native);

/** An image of a set, for messages. */
interface NamedSize extends Size {
  readonly path: string;
}

/**
 * Throws a {@link StageError} for images from which no crop of these pixels a side can be taken.
 */
export function expectCroppable(images: readonly NamedSize[], crop: number): void {
  const [first, ...more] = images.filter(({ width, height }) => Math.min(width, height) < crop);
  if (first === undefined) return;
  const others = more.length > 0 ? `, and ${formatCount(more.length)} more` : '';
  throw new StageError(
    `Expected images of at least ${crop} x ${crop} pixels for crops at native scale, got ${first.width} x ${first.height}: ${first.path}${others}. Choose a smaller crop.`,
  );
}

/** What is cut off large images, to be told to the user; undefined where nothing is. */
export function largestNote(images: readonly Size[], { largest }: NativeScale): string | undefined {
  const cut = images.filter(({ width, height }) => Math.max(width, height) > largest);
  const [first] = cut;
  if (first === undefined) return undefined;
  const counts = `${formatCount(cut.length)} of ${formatCount(images.length)} images`;
  const example = `such as one of ${first.width} x ${first.height}`;
  return `Of ${counts} the middle alone is seen, ${example} (largest: ${largest}).`;
}

/**
 * Divides images, in their order, into batches of equal size: consecutive images of one size, at
 * most `batchSize`, and of no more than `batchSize * crop ** 2` pixels unless it is a single image.
 * A pass over a batch so takes no more memory than a training step, or than one image does.
 */
export function nativeBatches(
  order: Uint32Array,
  sizeOf: (index: number) => Size,
  { batchSize, crop }: { readonly batchSize: number; readonly crop: number },
): readonly Uint32Array[] {
  const batches: Uint32Array[] = [];
  let start = 0;
  while (start < order.length) {
    const { width, height } = sizeOf(order[start]!);
    const most = Math.floor((batchSize * crop ** 2) / (width * height));
    const last = start + Math.max(1, Math.min(batchSize, most));
    let end = start + 1;
    while (end < Math.min(last, order.length) && isEqual(sizeOf(order[end]!), { width, height }))
      end++;
    batches.push(order.subarray(start, end));
    start = end;
  }
  return batches;
}

const isEqual = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;
