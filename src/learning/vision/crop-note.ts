import { formatCount } from '../../format-numbers.ts';
import type { Size } from './resample.ts';
import type { Resize } from './resize-settings.ts';

/**
 * What `cover` cuts off images of another shape, to be told to the user, whose evidence may lie at
 * the border; undefined where nothing is cut. Example:
 * `40 of 300 images are cropped to their middle, such as 64 x 64 of 80 x 64 (fit: cover)`.
 */
export function cropNote(
  images: readonly Size[],
  { width, height, fit }: Resize,
): string | undefined {
  if (fit !== 'cover') return undefined;
  const cropped = images.filter((image) => image.width * height !== image.height * width);
  const [first] = cropped;
  if (first === undefined) return undefined;
  const scale = Math.max(width / first.width, height / first.height);
  const kept = `${Math.round(width / scale)} x ${Math.round(height / scale)}`;
  const example = `such as ${kept} of ${first.width} x ${first.height}`;
  const are = cropped.length === 1 ? 'is cropped to its' : 'are cropped to their';
  const counts = `${formatCount(cropped.length)} of ${formatCount(images.length)} images`;
  return `${counts} ${are} middle, ${example} (fit: cover); contain and fill show all of an image.`;
}
