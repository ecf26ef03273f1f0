import type { Size } from '../../vision/resample.ts';
import { scaledSize, sizeBefore } from '../../vision/resize-image.ts';
import type { Resize } from '../../vision/resize-settings.ts';
import type { Point } from '../geometry.ts';

/**
 * Leads from positions in an image, in pixels, to those in the same image as `decodeImage` resizes
 * it, to half a pixel: a middle that is half a pixel off is rounded there.
 *
 * Example: an image of 200 x 100 that covers 50 x 50 has its middle 100, 50 at 25, 25, and its
 * corner 0, 0 at -25, 0.
 */
export function placeInView(image: Size, resize: Resize): (point: Point) => Point {
  const scaled = sizeInView(image, resize);
  const left = (scaled.width - resize.width) / 2;
  const top = (scaled.height - resize.height) / 2;
  return ({ x, y }) => ({
    x: (x * scaled.width) / image.width - left,
    y: (y * scaled.height) / image.height - top,
  });
}

/** The size of the whole image before its middle is taken, or it is framed. */
function sizeInView(image: Size, resize: Resize): Size {
  if (resize.before === 'native') return image;
  return resize.before === undefined ? scaledSize(image, resize) : sizeBefore(image, resize.before);
}
