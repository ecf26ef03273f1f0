import { areaOf, type Box, centreOf, type Point } from './geometry.ts';

/**
 * Centres of the parts of a face, right and left as the person has them, of its 68 landmarks in the
 * order of 300-W (Sagonas et al. 2013), or of its five points: right eye, left eye, tip of the
 * nose, right and left corner of the mouth.
 */
export function partsOf(landmarks: readonly Point[]) {
  if (landmarks.length === 5) {
    return {
      rightEye: landmarks[0]!,
      leftEye: landmarks[1]!,
      mouth: centreOf(landmarks.slice(3)),
    };
  }
  return {
    rightEye: centreOf(landmarks.slice(36, 42)),
    leftEye: centreOf(landmarks.slice(42, 48)),
    mouth: centreOf(landmarks.slice(48, 68)),
  };
}

/** The five points of a face, of either form of {@link partsOf}. */
export function fivePoints(landmarks: readonly Point[]): readonly Point[] {
  if (landmarks.length === 5) return landmarks;
  const { rightEye, leftEye } = partsOf(landmarks);
  return [rightEye, leftEye, landmarks[30]!, landmarks[48]!, landmarks[54]!];
}

/**
 * The least area that {@link landmarksFit} asks for, as a share of that of the box. Of the faces of
 * the demo of `@vladmandic/face-api` in three sizes, 32 to 200 pixels wide, it is 0.096 or more. Of
 * their blurred copies (3 pixels at a width of 60) it is at most 0.057 for 15, whose landmarks
 * collapse, and 0.100 or more for the 3 others.
 */
const leastSpan = 0.075;

/**
 * Whether landmarks can be those of the face in a box: the parallelogram of the line between the
 * eyes and the line from their middle to the mouth covers 7.5 % of the box or more, with the eyes
 * in their order. The landmarks of a blurred face often collapse to a point, or swap the eyes.
 * A turn of the image changes neither.
 */
export function landmarksFit(landmarks: readonly Point[], box: Box): boolean {
  const { rightEye, leftEye, mouth } = partsOf(landmarks);
  const middle = centreOf([rightEye, leftEye]);
  const across = { x: leftEye.x - rightEye.x, y: leftEye.y - rightEye.y };
  const down = { x: mouth.x - middle.x, y: mouth.y - middle.y };
  // Negative where the eyes are swapped.
  const span = across.x * down.y - across.y * down.x;
  return span >= leastSpan * areaOf(box);
}
