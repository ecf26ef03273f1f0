import { centreOf, type Point } from '../../src/learning/faces/geometry.ts';
import { blurValues } from '../../src/learning/vision/augment/blur.ts';
import { permutation, type Random } from '../../src/random.ts';
import { fillHull } from './face-mask.ts';
import type { FaceWindow, Layer } from './face-window.ts';
import { warp } from './sample-values.ts';

/** The landmarks of what can be retouched, in the order of 300-W. */
const parts = [
  { from: 36, to: 42 }, // right eye
  { from: 42, to: 48 }, // left eye
  { from: 27, to: 36 }, // nose
  { from: 48, to: 68 }, // mouth
] as const;

/** How far a retouched part reaches beyond its landmarks, as a share of the face's scale. */
const reach = 0.08;

/** The weight of a warp from which on the retouched image replaces the photograph. */
const full = 0.3;

/**
 * Warps and recolours one to three of eyes, nose and mouth: each grows or shrinks about its middle
 * and is moved, by a share that falls to 0 at its edge (the local warps of Gustafson, "Interactive
 * Image Warping", 1993), and gets another colour. Nothing of another image is in it.
 */
export function retouch(window: FaceWindow, random: Random): Layer {
  const count = 1 + random.integer(3);
  const chosen = [...permutation(parts.length, random).slice(0, count)];
  const layers = chosen.map((part) => retouchPart(window, parts[part]!, random));
  const values = Float32Array.from(window.values);
  const mask = new Float32Array(window.width * window.height);
  for (const layer of layers)
    for (const [i, weight] of layer.mask.entries()) {
      // Where parts overlap, the stronger one counts.
      if (weight <= mask[i]!) continue;
      mask[i] = weight;
      for (let c = 3 * i; c < 3 * i + 3; c++) values[c] = layer.values[c]!;
    }
  return { values, mask, ratio: 1 };
}

function retouchPart(
  window: FaceWindow,
  { from, to }: (typeof parts)[number],
  random: Random,
): Omit<Layer, 'ratio'> {
  const { scale } = window;
  const landmarks = window.landmarks.slice(from, to);
  const middle = centreOf(landmarks);
  const weights = weightsAround(window, landmarks);
  const growth = awayFromZero(random, 0.08, 0.25);
  const right = random.between(-0.02, 0.02) * scale;
  const below = random.between(-0.02, 0.02) * scale;
  const brightness = 1 + awayFromZero(random, 0.05, 0.2);
  const gains = [0, 1, 2].map(() => brightness * (1 + random.between(-0.1, 0.1)));
  const warped = warp(window, 3, window, (x, y) => {
    const weight = weights[Math.floor(y) * window.width + Math.floor(x)]!;
    const factor = 1 - weight * growth;
    return {
      x: middle.x + (x - middle.x) * factor - weight * right,
      y: middle.y + (y - middle.y) * factor - weight * below,
    };
  });
  return {
    values: warped.map((value, i) => value * gains[i % 3]!),
    mask: weights.map((weight) => Math.min(1, weight / full)),
  };
}

/** 1 in the middle of a part, falling smoothly to 0 beyond it. */
function weightsAround(window: FaceWindow, landmarks: readonly Point[]): Float32Array {
  const middle = centreOf(landmarks);
  const margin = reach * window.scale;
  const grown = landmarks.map(({ x, y }) => {
    const length = Math.max(1e-9, Math.hypot(x - middle.x, y - middle.y));
    const factor = 1 + margin / length;
    return { x: middle.x + (x - middle.x) * factor, y: middle.y + (y - middle.y) * factor };
  });
  return blurValues(fillHull(window, grown), window, Math.max(0.5, margin / 2), 1);
}

/** A number of either sign whose size is between two limits. */
const awayFromZero = (random: Random, least: number, most: number): number =>
  (random.float() < 0.5 ? -1 : 1) * random.between(least, most);
