import { mean } from '../mean.ts';
import { type RankedScores, rankScores } from '../ranking/threshold-counts.ts';
import type { PairedDifference } from './interval.ts';
import { normalQuantile, twoSidedChance } from './normal-distribution.ts';

/**
 * The areas under ROC curves on the same images, as `auc` gives them, and their covariance,
 * `[models, models]`, without assuming a distribution: DeLong, DeLong and Clarke-Pearson 1988,
 * "Comparing the areas under two or more correlated receiver operating characteristic curves: a
 * nonparametric approach". In O(n log n) by ranks as in Sun and Xu 2014, "Fast implementation of
 * DeLong's algorithm". NaN where a class has fewer than two images. It assumes independent images;
 * `areaSpread` also handles groups.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give the area 0.75 with the variance 0.125.
 *
 * @param models For each model one finite score for each image, higher for positive, or the same
 * already ranked; throws a RangeError
 *   otherwise.
 */
export function delong(
  labels: ArrayLike<number>,
  models: readonly (ArrayLike<number> | RankedScores)[],
) {
  const parts = models.map((scores) =>
    placementsOf(labels, 'places' in scores ? scores : rankScores(scores)),
  );
  const areas = parts.map(({ positive }) => mean(positive));
  const covariance = parts.map((one, i) =>
    parts.map((other, k) => {
      const area = [areas[i]!, areas[k]!] as const;
      return (
        covarianceOf(one.positive, other.positive, area) / one.positive.length +
        covarianceOf(one.negative, other.negative, area) / one.negative.length
      );
    }),
  );
  return { areas, covariance };
}

/**
 * DeLong's paired test: the difference of two areas on the same images, its normal interval and
 * p-value. Equal rankings give the interval 0 to 0. Different ones without any spread, such as two
 * with an area of 1, may differ on other images: the ends are NaN. Equal areas give p = 1.
 */
export function delongTest(
  labels: ArrayLike<number>,
  one: ArrayLike<number>,
  other: ArrayLike<number>,
  level: number,
): PairedDifference {
  const { areas, covariance } = delong(labels, [one, other]);
  const difference = areas[0]! - areas[1]!;
  const variance = covariance[0]![0]! + covariance[1]![1]! - 2 * covariance[0]![1]!;
  // The cancellation of equal rankings leaves rounding, which is no variance.
  const isRounding = variance <= 1e-14 * (covariance[0]![0]! + covariance[1]![1]!);
  const error = isRounding ? 0 : Math.sqrt(variance);
  if (error === 0) {
    const end = rankAlike(one, other) ? difference : Number.NaN;
    return { difference, low: end, high: end, p: difference === 0 ? 1 : Number.NaN };
  }
  const half = normalQuantile((1 + level) / 2) * error;
  return {
    difference,
    low: difference - half,
    high: difference + half,
    p: twoSidedChance(difference / error),
  };
}

/** Whether two lists of scores have the same order, ties included. */
export function rankAlike(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  const { places } = rankScores(other);
  return (
    one.length === other.length && rankScores(one).places.every((place, i) => place === places[i])
  );
}

/**
 * For each positive the share of negatives ranked below it, for each negative the share of
 * positives ranked above it.
 */
export function placementsOf(labels: ArrayLike<number>, { thresholds, places }: RankedScores) {
  if (labels.length !== places.length) {
    throw new RangeError(
      `Expected one score for each of ${labels.length} labels, got ${places.length}`,
    );
  }
  const counts = [
    new Float64Array(thresholds.length),
    new Float64Array(thresholds.length),
  ] as const;
  for (let i = 0; i < places.length; i++) counts[labels[i] === 1 ? 1 : 0][places[i]!]!++;
  // For each place: how many of a class are ranked higher, and half of those that share it.
  const [negativesAbove, positivesAbove] = counts.map((of) => {
    let above = 0;
    return of.map((count) => {
      above += count;
      return above - count / 2;
    });
  }) as [Float64Array, Float64Array];
  const positives = counts[1].reduce((sum, count) => sum + count, 0);
  const negatives = places.length - positives;
  const of = (label: 0 | 1, share: (place: number) => number) => {
    const own = places.filter((_, i) => (labels[i] === 1) === (label === 1));
    return Float64Array.from(own, share);
  };
  return {
    positive: of(1, (place) => 1 - negativesAbove[place]! / negatives),
    negative: of(0, (place) => positivesAbove[place]! / positives),
  };
}

/** The sample covariance of two lists around known means; NaN for fewer than two values. */
function covarianceOf(
  one: Float64Array,
  other: Float64Array,
  [meanOne, meanOther]: readonly [number, number],
): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i]! - meanOne) * (other[i]! - meanOther);
  return one.length < 2 ? Number.NaN : sum / (one.length - 1);
}
