import type { Size } from '../../vision/resample.ts';
import type { Detection } from '../detector.ts';
import type { DetectorForm } from './detector-form.ts';
import type { OnnxOutput } from './onnx-session.ts';

/** Pixels between the offsets of a map of outputs. */
const strides = [8, 16, 32] as const;
/** Outputs at each stride: probability of a face, of an object, box and points. */
const widths = { cls: 1, obj: 1, bbox: 4, kps: 10 } as const;

/**
 * YuNet (Wu, Peng and Yu 2023), as OpenCV's model zoo exports it: outputs `cls_8`, `obj_8`,
 * `bbox_8`, `kps_8` and the same for strides of 16 and 32, one row for each place of the map. Boxes
 * and points are relative to the place, in strides; sizes are logarithms. A score is the geometric
 * mean of both probabilities.
 */
export const yuNet: DetectorForm = {
  title: 'YuNet (cls_8, obj_8, bbox_8, kps_8, …)',
  pixels: { colours: 'bgr', mean: [0, 0, 0], deviation: [1, 1, 1] },
  fits: (outputs) =>
    strides.every((stride) =>
      Object.keys(widths).every((part) => outputs.some(({ name }) => name === `${part}_${stride}`)),
    ),
  decode: (outputs, size, minScore) =>
    strides.flatMap((stride) => decodeStride(outputs, size, stride, minScore)),
};

function decodeStride(
  outputs: readonly OnnxOutput[],
  size: Size,
  stride: number,
  minScore: number,
): readonly Detection[] {
  const valuesOf = (part: keyof typeof widths) =>
    outputs.find(({ name }) => name === `${part}_${stride}`)!.values;
  const faces = valuesOf('cls');
  const objects = valuesOf('obj');
  const boxes = valuesOf('bbox');
  const offsets = valuesOf('kps');
  const columns = Math.floor(size.width / stride);
  const detections: Detection[] = [];
  for (const [index, face] of faces.entries()) {
    const score = Math.sqrt(limited(face) * limited(objects[index]!));
    if (score < minScore) continue;
    const column = index % columns;
    const row = Math.floor(index / columns);
    const [dx, dy, logWidth, logHeight] = boxes.subarray(4 * index);
    const x = (column + dx!) * stride;
    const y = (row + dy!) * stride;
    const halfWidth = (Math.exp(logWidth!) * stride) / 2;
    const halfHeight = (Math.exp(logHeight!) * stride) / 2;
    const box = {
      left: x - halfWidth,
      top: y - halfHeight,
      right: x + halfWidth,
      bottom: y + halfHeight,
    };
    const points = Array.from({ length: 5 }, (_, point) => ({
      x: (column + offsets[10 * index + 2 * point]!) * stride,
      y: (row + offsets[10 * index + 2 * point + 1]!) * stride,
    }));
    detections.push({ box, score, points });
  }
  return detections;
}

const limited = (probability: number): number => Math.min(1, Math.max(0, probability));
