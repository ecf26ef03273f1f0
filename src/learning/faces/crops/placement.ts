import { type Box, heightOf, type Point, widthOf } from '../geometry.ts';
import { fivePoints } from '../landmarks.ts';
import { fitSimilarity, type Similarity } from './similarity.ts';

/**
 * Where five points of an upright face lie in a square of 112 pixels a side: both eyes, the tip of
 * the nose, the corners of the mouth (the template of ArcFace; Deng et al. 2019).
 */
const template: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];
const templateSide = 112;

/**
 * From a crop of an upright face to the image, by its landmarks, 68 or five. `margin` is the width
 * that is added to the template, half of it at each side, as a share: 0.3 makes the crop 1.3 times
 * as wide.
 */
export function alignFace(landmarks: readonly Point[], size: number, margin: number): Similarity {
  const scale = size / (templateSide * (1 + margin));
  const targets = template.map(({ x, y }) => ({
    x: size / 2 + (x - templateSide / 2) * scale,
    y: size / 2 + (y - templateSide / 2) * scale,
  }));
  return fitSimilarity(targets, fivePoints(landmarks));
}

/** Pixels a side of the largest crop: one of 4096 takes 50 MB before it is encoded. */
const largestCrop = 4096;

/**
 * From a square crop around a box to the image, without rotation; its side is the longer one of the
 * box with the margin, as in {@link alignFace}. Without a `size` a pixel of the crop is one of the
 * image, unless the crop would have more than 4096 a side: then it is reduced to 4096.
 */
export function frameFace(
  box: Box,
  size: number | undefined,
  margin: number,
): { readonly toImage: Similarity; readonly size: number } {
  const side = Math.max(widthOf(box), heightOf(box)) * (1 + margin);
  const inImage = Math.max(1, Math.round(side));
  const isWhole = size === undefined && inImage <= largestCrop;
  const pixels = size ?? Math.min(inImage, largestCrop);
  const a = isWhole ? 1 : side / pixels;
  const half = (a * pixels) / 2;
  const dx = (box.left + box.right) / 2 - half;
  const dy = (box.top + box.bottom) / 2 - half;
  // Whole pixels stay as they are.
  const toImage = isWhole
    ? { a, b: 0, dx: Math.round(dx), dy: Math.round(dy) }
    : { a, b: 0, dx, dy };
  return { toImage, size: pixels };
}
