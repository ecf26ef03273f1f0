import { centreOf, type Point } from './geometry.ts';

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
