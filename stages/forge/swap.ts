import {
  fitSimilarity,
  inverseOf,
  scaleOf,
  transform,
} from '../../src/learning/faces/crops/similarity.ts';
import type { Random } from '../../src/random.ts';
import { fillHull, soften, withForehead } from './face-mask.ts';
import type { Face, FaceWindow, Layer } from './face-window.ts';
import { warp } from './sample-values.ts';

/**
 * The face of a donor in place of that of the photograph: turned, scaled and moved so that its
 * landmarks fit best (Umeyama 1991), with mean and deviation of each colour as within the mask
 * before (Reinhard et al., "Color transfer between images", 2001, here of red, green and blue).
 * The mask is what the hulls of both faces share, softened. Blending by landmarks and colours alone
 * follows Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020.
 */
export function swapFace(window: FaceWindow, random: Random, donor: Face): Layer {
  const toDonor = fitSimilarity(window.landmarks, donor.landmarks);
  const fromDonor = inverseOf(toDonor);
  const taps = Math.max(1, Math.ceil(scaleOf(toDonor) - 1e-9));
  const { width, height, pixels } = donor.image;
  const image = { width, height, values: pixels };
  const face = warp(image, 3, window, (x, y) => transform(toDonor, { x, y }), taps);

  const forehead = random.float() < 0.5 ? 0 : random.float();
  const before = fillHull(window, withForehead(window.landmarks, forehead));
  const donated = withForehead(donor.landmarks, forehead).map((point) =>
    transform(fromDonor, point),
  );
  const shared = fillHull(window, donated).map((value, i) => Math.min(value, before[i]!));
  const deviation = () => Math.max(0.5, random.between(0.01, 0.03) * window.scale);
  const mask = soften(shared, window, [deviation(), deviation()]);
  return { values: withColoursOf(window.values, face, mask), mask, ratio: 1 };
}

/** Colours stretch by at most this factor, and shrink by at most its inverse. */
const mostStretch = 2;

/** Values with the mean and the deviation of each colour of others, measured by a mask. */
function withColoursOf(
  target: Float32Array,
  values: Float32Array,
  mask: Float32Array,
): Float32Array {
  const changes = [0, 1, 2].map((colour) => {
    const wanted = momentsOf(target, colour, mask);
    const given = momentsOf(values, colour, mask);
    const stretch = given.deviation === 0 ? 1 : wanted.deviation / given.deviation;
    const factor = Math.min(mostStretch, Math.max(1 / mostStretch, stretch));
    return { factor, shift: wanted.mean - factor * given.mean };
  });
  return values.map((value, i) => changes[i % 3]!.factor * value + changes[i % 3]!.shift);
}

/** Mean and deviation of a colour, weighted by a mask. */
function momentsOf(values: Float32Array, colour: number, mask: Float32Array) {
  let total = 0;
  let sum = 0;
  let squares = 0;
  for (const [i, weight] of mask.entries()) {
    const value = values[3 * i + colour]!;
    total += weight;
    sum += weight * value;
    squares += weight * value * value;
  }
  const mean = sum / total;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / total - mean * mean)) };
}
