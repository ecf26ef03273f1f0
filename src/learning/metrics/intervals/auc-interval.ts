import { auc } from '../ranking/roc-curve.ts';
import {
  countAtThresholds,
  countDraws,
  type RankedScores,
  rankScores,
} from '../ranking/threshold-counts.ts';
import { type BootstrapSample, bootstrapInterval, drawsGroups, logistic } from './bootstrap.ts';
import { delong } from './delong.ts';
import type { Interval } from './interval.ts';
import { normalQuantile } from './normal-distribution.ts';

/**
 * The area under the ROC curve with an interval by the method that fits the images. NaN throughout
 * when a class is missing.
 *
 * - Independent images: DeLong's variance and a normal interval of the area's logit, which stays
 *   within 0 to 1 and is asymmetric near the ends (Pepe 2003, "The statistical evaluation of
 *   medical tests", section 5.2; better coverage near 1 than the plain one: Qin and Hotilovac 2008,
 *   "Comparison of non-parametric confidence intervals for the area under the ROC curve of a
 *   continuous-scale diagnostic test"). NaN with fewer than two images of a class, and without
 *   visible variance, as with one score for everything.
 * - Images in groups: the bootstrap of whole groups, since DeLong assumes independent images.
 * - An area of 1 or 0, where both would have width 0: a one-sided bound of the same confidence
 *   ({@link perfectAreaBound}).
 *
 * @param scores One finite number for each image, higher for positive, or the same already ranked.
 * @param level The confidence, above 0 and below 1.
 */
export function aucInterval(
  sample: BootstrapSample,
  scores: ArrayLike<number> | RankedScores,
  level: number,
): Interval {
  const { labels } = sample;
  const ranking = 'places' in scores ? scores : rankScores(scores);
  const estimate = auc(countAtThresholds(labels, ranking));
  if (estimate === 1 || estimate === 0) {
    const [low, high] = oneSidedEnds(estimate, perfectAreaBound(independentPairs(sample), level));
    return { estimate, low, high, method: 'one-sided' };
  }
  if (drawsGroups(sample)) {
    const counts = countDraws(labels, ranking);
    return bootstrapInterval(sample, (weights) => auc(counts(weights)), level, { range: [0, 1] });
  }
  const variance = delong(labels, [ranking]).covariance[0]![0]!;
  if (!(variance > 0)) return { estimate, low: Number.NaN, high: Number.NaN, method: 'delong' };
  const logit = Math.log(estimate / (1 - estimate));
  const half =
    (normalQuantile((1 + level) / 2) * Math.sqrt(variance)) / (estimate * (1 - estimate));
  return { estimate, low: logistic(logit - half), high: logistic(logit + half), method: 'delong' };
}

/**
 * The lower bound of the true area when all images were ranked right: (1 - level)^(1 / pairs),
 * about 1 - 3 / pairs at 0.95 (the rule of three: Hanley and Lippman-Hand 1983, "If nothing goes
 * wrong, is everything all right?"; the interval of Clopper and Pearson 1934 at no failure).
 * `pairs` is the number of images of the rarer class. It assumes no distribution: disjoint pairs of
 * images are each in order with the probability of the true area, independently; so all are with at
 * most area^pairs. Some distributions attain this, so no such bound is narrower (Obuchowski and
 * Lieber 2002, "Confidence bounds when the estimated ROC area is 1.0", assume normal ones).
 *
 * Example: 10 pairs at 0.95 give 0.741.
 */
export const perfectAreaBound = (pairs: number, level: number): number =>
  (1 - level) ** (1 / pairs);

/** The interval of an area or share of 1 or 0 by the bound of a perfect one. */
export const oneSidedEnds = (
  estimate: number,
  bound: number,
): readonly [low: number, high: number] => (estimate === 1 ? [bound, 1] : [0, 1 - bound]);

/**
 * The number of pairs of a real and a fake image in which no two pairs share a unit (an image or
 * its group).
 */
function independentPairs({ labels, groups }: BootstrapSample): number {
  const classes = new Map<string | number, number>();
  for (let i = 0; i < labels.length; i++) {
    const unit = groups?.[i] ?? i;
    classes.set(unit, (classes.get(unit) ?? 0) | (labels[i] === 1 ? 2 : 1));
  }
  const count = (kind: number) => [...classes.values()].filter((of) => of === kind).length;
  const real = count(1);
  const fake = count(2);
  const both = count(3);
  return Math.min(real + both, fake + both, Math.floor((real + fake + both) / 2));
}
