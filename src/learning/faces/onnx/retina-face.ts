import type { Size } from '../../vision/resample.ts';
import type { Detection } from '../detector.ts';
import type { DetectorForm } from './detector-form.ts';
import type { OnnxOutput } from './onnx-session.ts';

/** Boxes of these sides, in pixels, stand at every position of the map of a stride. */
const anchorSides = { 8: [16, 32], 16: [64, 128], 32: [256, 512] } as const;
const strides = [8, 16, 32] as const;
/** Numbers of the encoding are multiplied by these (`variance` of the authors' code). */
const centreScale = 0.1;
const sizeScale = 0.2;

/** A box before it is moved, by its centre and side in pixels. */
interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/**
 * RetinaFace (Deng et al. 2020) as its PyTorch implementations export it: rows of 4 numbers for
 * boxes, of 2 for classes, whose second is the face, and of 10 for five points, for each anchor.
 * Classes are probabilities or logits.
 */
export const retinaFace: DetectorForm = {
  title: 'RetinaFace (rows of 4, 2 and 10 numbers for each anchor)',
  pixels: { colours: 'bgr', mean: [104, 117, 123], deviation: [1, 1, 1] },
  fits: (outputs, size) => {
    const rows = anchorsOf(size).length;
    return [4, 2, 10].every((width) => find(outputs, width)?.shape[0] === rows);
  },
  decode: (outputs, size, minScore) => {
    const boxes = find(outputs, 4)!.values;
    const scores = faceScores(find(outputs, 2)!.values);
    const offsets = find(outputs, 10)!.values;
    return anchorsOf(size).flatMap((anchor, index) =>
      scores[index]! < minScore
        ? []
        : [
            decode(
              anchor,
              scores[index]!,
              boxes.subarray(4 * index, 4 * index + 4),
              offsets.subarray(10 * index, 10 * index + 10),
            ),
          ],
    );
  },
};

const find = (outputs: readonly OnnxOutput[], width: number): OnnxOutput | undefined =>
  outputs.find(({ shape }) => shape.length === 2 && shape[1] === width);

function anchorsOf({ width, height }: Size): readonly Anchor[] {
  return strides.flatMap((stride) => {
    const columns = Math.ceil(width / stride);
    const rows = Math.ceil(height / stride);
    return Array.from({ length: rows * columns }, (_, position) => ({
      x: ((position % columns) + 0.5) * stride,
      y: (Math.floor(position / columns) + 0.5) * stride,
    })).flatMap((centre) => anchorSides[stride].map((side) => ({ ...centre, side })));
  });
}

/** The probability of a face in each row; rows of logits go through a softmax. */
function faceScores(classes: Float32Array): Float32Array {
  const rows = classes.length / 2;
  const sums = Array.from({ length: rows }, (_, row) => classes[2 * row]! + classes[2 * row + 1]!);
  const areProbabilities = sums.every((sum) => Math.abs(sum - 1) < 1e-3);
  return Float32Array.from({ length: rows }, (_, row) => {
    const face = classes[2 * row + 1]!;
    return areProbabilities ? face : 1 / (1 + Math.exp(classes[2 * row]! - face));
  });
}

function decode(
  { x, y, side }: Anchor,
  score: number,
  box: Float32Array,
  offsets: Float32Array,
): Detection {
  const centreX = x + box[0]! * centreScale * side;
  const centreY = y + box[1]! * centreScale * side;
  const halfWidth = (Math.exp(box[2]! * sizeScale) * side) / 2;
  const halfHeight = (Math.exp(box[3]! * sizeScale) * side) / 2;
  const edges = {
    left: centreX - halfWidth,
    top: centreY - halfHeight,
    right: centreX + halfWidth,
    bottom: centreY + halfHeight,
  };
  const points = Array.from({ length: 5 }, (_, point) => ({
    x: x + offsets[2 * point]! * centreScale * side,
    y: y + offsets[2 * point + 1]! * centreScale * side,
  }));
  return { box: edges, score, points };
}
