import type { DecodedImage } from '../vision/decode-image.ts';
import { type Box, overlapOf, type Point } from './geometry.ts';

/** A face that a detector found. */
export interface Detection {
  /** Within the image. */
  readonly box: Box;
  /** 0 to 1. */
  readonly score: number;
  /**
   * Right eye, left eye, tip of the nose, right and left corner of the mouth, as the person has
   * them; absent where the detector finds none.
   */
  readonly points?: readonly Point[];
}

/** A network that finds faces in images of any size. */
export interface Detector extends Disposable {
  /** The faces with at least this score, best first, without those that overlap a better one. */
  detect(image: DecodedImage, minScore: number): Promise<readonly Detection[]>;
}

/** Two detections that overlap more are one face. */
const mostOverlap = 0.5;
/** Faces of an image; more are false ones. */
const mostFaces = 100;

/**
 * Non-maximum suppression: the detections, best first, without those that overlap a better one by
 * more than half (Neubeck and Van Gool 2006, "Efficient non-maximum suppression").
 */
export function suppress(detections: readonly Detection[]): readonly Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections.toSorted((a, b) => b.score - a.score)) {
    if (kept.length === mostFaces) break;
    if (kept.every(({ box }) => overlapOf(box, detection.box) <= mostOverlap)) kept.push(detection);
  }
  return kept;
}
