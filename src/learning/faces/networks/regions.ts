import type { Size } from '../../vision/resample.ts';
import { type Box, centreOf, heightOf, intersectionOf, type Point, widthOf } from '../geometry.ts';
import { partsOf } from '../landmarks.ts';

/**
 * A box within an image, with edges at whole pixels, at least one pixel wide and high: its position
 * and its size are rounded down, as `@vladmandic/face-api` does (`clipAtImageBorders`).
 */
export function wholePixels(box: Box, image: Size): Box {
  const whole = { left: 0, top: 0, right: image.width, bottom: image.height };
  const inside = intersectionOf(box, whole);
  const left = Math.min(Math.floor(inside.left), image.width - 1);
  const top = Math.min(Math.floor(inside.top), image.height - 1);
  return {
    left,
    top,
    right: left + Math.max(1, Math.floor(widthOf(inside))),
    bottom: top + Math.max(1, Math.floor(heightOf(inside))),
  };
}

/**
 * The square around a face of which a descriptor is computed: its side follows from the distance
 * between eyes and mouth (`alignDlib` of `@vladmandic/face-api`). `size` is that of the face's box.
 */
export function descriptorRegion(landmarks: readonly Point[], size: Size, image: Size): Box {
  const { rightEye, leftEye, mouth } = partsOf(landmarks);
  const distanceTo = ({ x, y }: Point) => Math.hypot(mouth.x - x, mouth.y - y);
  const side = Math.floor((distanceTo(rightEye) + distanceTo(leftEye)) / 2 / 0.45);
  const middle = centreOf([rightEye, leftEye, mouth]);
  const left = Math.floor(Math.max(0, middle.x - 0.5 * side));
  const top = Math.floor(Math.max(0, middle.y - 0.43 * side));
  const right = left + Math.min(side, size.width + left);
  const bottom = top + Math.min(side, size.height + top);
  return wholePixels({ left, top, right, bottom }, image);
}
