import { mean } from '../mean.ts';
import { type RankedScores, rankScores } from '../ranking/threshold-counts.ts';
import { normalQuantile, twoSidedChance } from './normal-distribution.ts';

/**
 * The variance of the area under an ROC curve and the covariance of several areas on the same images, without assuming a
 * distribution: DeLong, DeLong and Clarke-Pearson 1988, "Comparing the areas under two or more correlated receiver
 * operating characteristic curves: a nonparametric approach". In O(n log n) by ranks as in Sun and Xu 2014, "Fast
 * implementation of DeLong's algorithm". It takes images as independent: with groups, use the bootstrap.
 *
 *     const { areas: [area], covariance: [[variance]] } = delong(labels, [scores]);
 *     delongTest(labels, scoresOfA, scoresOfB, 0.95);   // the difference of two areas, its interval and p-value
 *
 * Most callers want {@link aucInterval} of auc-interval.ts, which also knows groups and an area of 1.
 */
export interface AreaCovariance {
  /** The area of each list of scores, as `auc` has it. */
  readonly areas: readonly number[];
  /** `[lists, lists]`; NaN where a class has fewer than two images. */
  readonly covariance: readonly (readonly number[])[];
}

/**
 * Areas and their covariance.
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give the area 0.75 with the variance 0.125.
 *
 * @param labels 0 or 1 for each image; 1 is positive.
 * @param models Of each model one finite score for each image, higher for positive; throws a RangeError otherwise.
 */
export function delong(labels: ArrayLike<number>, models: readonly ArrayLike<number>[]): AreaCovariance {
  const parts = models.map((scores) => components(labels, rankScores(scores)));
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

/** Two areas on the same images against each other. */
export interface AreaDifference {
  /** Area of the first less that of the second. */
  readonly difference: number;
  /** Both NaN where the images say nothing of the spread. */
  readonly low: number;
  readonly high: number;
  /** Two-sided, of the areas being equal; NaN where the areas differ and no spread can be seen. */
  readonly p: number;
}

/**
 * DeLong's paired test: the difference of two areas on the same images, its normal interval and p-value. Rankings that
 * are the same give 0 to 0. Of others without any spread, such as two whose area is 1, other images may well tell them
 * apart: the ends are NaN. Equal areas give p = 1.
 *
 * @param level The interval's confidence, above 0 and below 1.
 */
export function delongTest(
  labels: ArrayLike<number>,
  one: ArrayLike<number>,
  other: ArrayLike<number>,
  level: number,
): AreaDifference {
  const { areas, covariance } = delong(labels, [one, other]);
  const difference = areas[0]! - areas[1]!;
  const variance = covariance[0]![0]! + covariance[1]![1]! - 2 * covariance[0]![1]!;
  // What is left by cancellation of equal rankings is no variance.
  const isNothing = variance <= 1e-14 * (covariance[0]![0]! + covariance[1]![1]!);
  const error = isNothing ? 0 : Math.sqrt(variance);
  if (error === 0) {
    const end = rankAlike(one, other) ? difference : Number.NaN;
    return { difference, low: end, high: end, p: difference === 0 ? 1 : Number.NaN };
  }
  const half = normalQuantile((1 + level) / 2) * error;
  return { difference, low: difference - half, high: difference + half, p: twoSidedChance(difference / error) };
}

/** Whether two lists of scores have the same order, ties included. */
export function rankAlike(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  const { places } = rankScores(other);
  return one.length === other.length && rankScores(one).places.every((place, i) => place === places[i]);
}

/** Of each positive the share of negatives that it is ranked above, of each negative the share of positives above it. */
function components(labels: ArrayLike<number>, { thresholds, places }: RankedScores) {
  if (labels.length !== places.length) {
    throw new RangeError(`Expected one score for each of ${labels.length} labels, got ${places.length}`);
  }
  const counts = [new Float64Array(thresholds.length), new Float64Array(thresholds.length)] as const;
  for (let i = 0; i < places.length; i++) counts[labels[i] === 1 ? 1 : 0][places[i]!]!++;
  // Of a place: how many of a class are ranked higher, and half of those that share it.
  const [negativesAbove, positivesAbove] = counts.map((of) => {
    let above = 0;
    return of.map((count) => {
      above += count;
      return above - count / 2;
    });
  }) as [Float64Array, Float64Array];
  const positives = counts[1].reduce((sum, count) => sum + count, 0);
  const negatives = places.length - positives;
  const positive = new Float64Array(positives);
  const negative = new Float64Array(negatives);
  let [p, n] = [0, 0];
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!;
    if (labels[i] === 1) positive[p++] = 1 - negativesAbove[place]! / negatives;
    else negative[n++] = positivesAbove[place]! / positives;
  }
  return { positive, negative };
}

/** The sample covariance of two lists around known means; NaN of fewer than two. */
function covarianceOf(one: Float64Array, other: Float64Array, [meanOne, meanOther]: readonly [number, number]): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i]! - meanOne) * (other[i]! - meanOther);
  return one.length < 2 ? Number.NaN : sum / (one.length - 1);
}
