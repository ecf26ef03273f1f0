import type { Box, Point } from '../../src/learning/faces/geometry.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import type { Size } from '../../src/learning/vision/resample.ts';

/** A photograph with the 68 landmarks of its face, in pixels. */
export interface Face {
  readonly image: DecodedImage;
  readonly landmarks: readonly Point[];
}

/** The part of a photograph around its face, where all work is done. */
export interface FaceWindow extends Size {
  /** Where it lies in the photograph, in whole pixels. */
  readonly left: number;
  readonly top: number;
  /** RGB, `[height, width, 3]`, 0 to 255. */
  readonly values: Float32Array;
  /** In pixels of the window. */
  readonly landmarks: readonly Point[];
  /** How large the face is: the root of the area of the box around its landmarks, in pixels. */
  readonly scale: number;
}

/** What is laid over a window. */
export interface Layer {
  /** RGB, `[height, width, 3]`, 0 to 255, not rounded. */
  readonly values: Float32Array;
  /** `[height, width]`, from 0, where the photograph stays, to 1. */
  readonly mask: Float32Array;
  /** The weight of the layer where the mask is 1. */
  readonly ratio: number;
}

/** Added at each side of the landmarks' box, in scales: room for a forehead and a soft edge. */
const margin = 0.6;

/** The window around a face; undefined where its landmarks lie outside of the photograph. */
export function openWindow({ image, landmarks }: Face): FaceWindow | undefined {
  const box = boxAround(landmarks);
  const scale = Math.sqrt((box.right - box.left) * (box.bottom - box.top));
  const left = Math.max(0, Math.floor(box.left - margin * scale));
  const top = Math.max(0, Math.floor(box.top - margin * scale));
  const width = Math.min(image.width, Math.ceil(box.right + margin * scale)) - left;
  const height = Math.min(image.height, Math.ceil(box.bottom + margin * scale)) - top;
  if (!(scale >= 1) || width < 2 || height < 2) return undefined;
  const values = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    values.set(image.pixels.subarray(from, from + width * 3), y * width * 3);
  }
  const moved = landmarks.map((point) => ({ x: point.x - left, y: point.y - top }));
  return { left, top, width, height, values, landmarks: moved, scale };
}

function boxAround(points: readonly Point[]): Box {
  const across = points.map(({ x }) => x);
  const down = points.map(({ y }) => y);
  return {
    left: Math.min(...across),
    top: Math.min(...down),
    right: Math.max(...across),
    bottom: Math.max(...down),
  };
}

/** A photograph with a layer over its face. */
export interface Blended {
  readonly image: DecodedImage;
  /** `[height, width]` of the photograph, 0 to 255. */
  readonly mask: Uint8Array;
  /** The share of the photograph's pixels whose mask is 128 or more. */
  readonly share: number;
}

/**
 * Blends a layer into a photograph. The mask is rounded to 8 bits first, so that the picture of it
 * is exact: where it is 0, pixels stay.
 */
export function blend(image: DecodedImage, window: FaceWindow, layer: Layer): Blended {
  const pixels = Uint8Array.from(image.pixels);
  const mask = new Uint8Array(image.width * image.height);
  let replaced = 0;
  for (let y = 0; y < window.height; y++) {
    for (let x = 0; x < window.width; x++) {
      const at = y * window.width + x;
      const level = Math.round(255 * layer.mask[at]!);
      if (level === 0) continue;
      const to = (window.top + y) * image.width + window.left + x;
      mask[to] = level;
      if (level >= 128) replaced++;
      const weight = (layer.ratio * level) / 255;
      for (let c = 0; c < 3; c++) {
        const before = pixels[3 * to + c]!;
        const value = before + weight * (layer.values[3 * at + c]! - before);
        pixels[3 * to + c] = Math.round(Math.min(255, Math.max(0, value)));
      }
    }
  }
  const { width, height } = image;
  return { image: { width, height, pixels }, mask, share: replaced / mask.length };
}
