import { formatCount } from '../../format-numbers.ts';
import type { Size } from './resample.ts';
import type { Resize } from './resize-settings.ts';

/** Pixels that rounding of the factors may feign. */
const tolerance = 1e-6;

/**
 * What is cut off images, to be told to the user, whose evidence may lie at the border; undefined
 * where nothing is cut. Example:
 * `40 of 300 images are cropped to their middle, such as 64 x 64 of 80 x 64 (fit: cover)`.
 */
export function cropNote(images: readonly Size[], resize: Resize): string | undefined {
  const { width, height, fit } = resize;
  if (resize.before === undefined && fit !== 'cover') return undefined;
  const cropped = images.filter((image) => {
    const { x, y } = scalesOf(image, resize);
    return image.width * x > width + tolerance || image.height * y > height + tolerance;
  });
  const [first] = cropped;
  if (first === undefined) return undefined;
  const { x, y } = scalesOf(first, resize);
  const kept = `${Math.round(width / x)} x ${Math.round(height / y)}`;
  const example = `such as ${kept} of ${first.width} x ${first.height}`;
  const are = cropped.length === 1 ? 'is cropped to its' : 'are cropped to their';
  const counts = `${formatCount(cropped.length)} of ${formatCount(images.length)} images`;
  const cause = resize.before === undefined ? 'fit: cover' : 'resize, crop';
  return `${counts} ${are} middle, ${example} (${cause}); contain and fill show all of an image.`;
}

/** The factors by which an image is scaled across and down. */
function scalesOf(image: Size, { width, height, before }: Resize) {
  if (before === 'native') return { x: 1, y: 1 };
  if (before !== undefined && typeof before !== 'number')
    return { x: before[1] / image.width, y: before[0] / image.height };
  const scale =
    before === undefined
      ? Math.max(width / image.width, height / image.height)
      : before / Math.min(image.width, image.height);
  return { x: scale, y: scale };
}
