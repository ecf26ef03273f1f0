import { type BootstrapSample, percentileEnds, resample, type Statistic } from '../intervals/bootstrap.ts';
import type { PairedDifference } from '../intervals/interval.ts';

/**
 * The difference of a statistic between two models on the same images, with its bootstrap interval. Both are evaluated on the same
 * draws, so what makes an image hard for both cancels.
 *
 *     pairedDifference({ labels, groups, seed: 1 }, aucOfRows(labels, a), aucOfRows(labels, b), 0.95);
 *
 * The interval holds the middle `level` (above 0, below 1) of the draws. p is twice the share of draws on the other side of 0, where
 * draws at 0 count for both sides (Davison and Hinkley 1997, "Bootstrap methods and their application", section 4.4.1, with 1 added above
 * and below), at least 2 / (draws + 1). Up to one draw, it is below 0.05 where the 95 % interval excludes 0. Where all draws give the
 * same difference, as for two models without a mistake, the ends are NaN: the models may differ on other images.
 */
export function pairedDifference(
  sample: BootstrapSample,
  one: Statistic,
  other: Statistic,
  level: number,
): PairedDifference {
  const { estimate: difference, draws } = resample(sample, (weights) => one(weights) - other(weights));
  const [low, high] = percentileEnds(draws, level);
  if (draws.length > 0 && draws.every((drawn) => drawn === draws[0])) {
    return { difference, low: Number.NaN, high: Number.NaN, p: difference === 0 ? 1 : Number.NaN };
  }
  const defined = draws.filter((value) => !Number.isNaN(value));
  const [below, above] = [defined.filter((value) => value <= 0), defined.filter((value) => value >= 0)];
  const p = Math.min(1, (2 * (1 + Math.min(below.length, above.length))) / (1 + defined.length));
  return { difference, low, high, p: Number.isNaN(low) || Number.isNaN(difference) ? Number.NaN : p };
}
