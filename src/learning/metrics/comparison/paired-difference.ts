import type { BootstrapSample } from '../intervals/bootstrap.ts';
import { bootstrapWeights, percentileEnds, redrawsClasses } from '../intervals/bootstrap.ts';

/** A statistic of two models on the same images, the first less the second. */
export interface PairedDifference {
  readonly difference: number;
  /** Both NaN where the images say nothing of the spread. */
  readonly low: number;
  readonly high: number;
  /** Two-sided, of there being no difference; NaN where it is undefined. */
  readonly p: number;
}

/**
 * The difference of a statistic between two models on the same images, with its interval by the bootstrap: both are taken
 * on the same draws, so what makes an image hard for both cancels.
 *
 *     pairedDifference({ labels, groups, seed: 1 }, (weights) => accuracy(labels, a, { weights }), (weights) =>
 *       accuracy(labels, b, { weights }), 0.95);
 *
 * The interval holds the middle `level` of the draws. p is twice the share of draws on the other side of 0, draws at 0
 * counting for both sides (Davison and Hinkley 1997, "Bootstrap methods and their application", section 4.4.1, with
 * their 1 added above and below), never below 2 / (draws + 1). Up to one draw, it is below 0.05 where the 95 % interval
 * leaves 0 out.
 *
 * Where all draws give the same difference, as of two models without a mistake, the ends are NaN; whether the models do the
 * same on every image is for the caller to see, who knows what they do.
 *
 * @param level The interval's confidence, above 0 and below 1.
 */
export function pairedDifference(
  sample: BootstrapSample,
  one: (weights: Float64Array) => number,
  other: (weights: Float64Array) => number,
  level: number,
): PairedDifference {
  const all = new Float64Array(sample.labels.length).fill(1);
  const difference = one(all) - other(all);
  const draws = Array.from(
    redrawsClasses(sample) ? bootstrapWeights(sample) : [],
    (weights) => one(weights) - other(weights),
  );
  const [low, high] = percentileEnds(draws, level);
  // Draws that are all alike say nothing of the spread: two models without a mistake may differ on other images.
  if (draws.length > 0 && draws.every((drawn) => drawn === draws[0])) {
    return { difference, low: Number.NaN, high: Number.NaN, p: difference === 0 ? 1 : Number.NaN };
  }
  const defined = draws.filter((value) => !Number.isNaN(value));
  const below = defined.filter((value) => value <= 0).length;
  const above = defined.filter((value) => value >= 0).length;
  const p = Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + defined.length));
  return { difference, low, high, p: Number.isNaN(low) || Number.isNaN(difference) ? Number.NaN : p };
}
