import {
  areaMoves,
  type GroupedLabels,
  movesOfDifference,
  varianceOfMoves,
} from '../intervals/area-spread.ts';
import { aucInterval } from '../intervals/auc-interval.ts';
import type { PairedDifference } from '../intervals/interval.ts';
import { normalQuantile } from '../intervals/normal-distribution.ts';
import { twoSidedT } from '../intervals/student-t.ts';
import { rankScores } from '../ranking/threshold-counts.ts';

/**
 * The difference of two areas under the ROC curve on the same images, independent or in groups, the
 * first minus the second.
 *
 * The interval combines those of both areas ({@link aucInterval}), as far as the areas vary
 * together (Zou and Donner 2008, "Construction of confidence limits about effect measures: a
 * general approach", equation 15). Near 1 it is as uneven as these: plus and minus two of DeLong's
 * standard errors covered 79 % where one of two models ranks next to no image wrong. Of two
 * models that score nearly alike, one nearer 1, uneven intervals cancel each other, and alone
 * covered 86 %. So either side also reaches as far as the normal quantile of DeLong's standard
 * errors, as far as the areas vary together.
 *
 * The p-value is DeLong's, by Student's t with the degrees of freedom of the variance of the
 * difference (DeLong, DeLong and Clarke-Pearson 1988; of groups Obuchowski 1997).
 *
 * Equal rankings give the interval 0 to 0 and p = 1. Where the difference has no visible variance,
 * as of two areas of 1, p is 1 or NaN.
 *
 * @param scores One finite score for each image by each model, higher for positive.
 * @param level The confidence, above 0 and below 1. @param gap The difference by the hypothesis.
 */
export function areaDifference(
  images: GroupedLabels,
  [firstScores, secondScores]: readonly [first: ArrayLike<number>, second: ArrayLike<number>],
  level: number,
  gap = 0,
): PairedDifference {
  const rankings = [rankScores(firstScores), rankScores(secondScores)] as const;
  const first = areaMoves(images, rankings[0]);
  const second = areaMoves(images, rankings[1]);
  const difference = first.area - second.area;
  const isAlike =
    firstScores.length === secondScores.length &&
    rankings[0].positions.every((position, i) => position === rankings[1].positions[i]);
  if (isAlike) {
    return {
      difference,
      low: difference,
      high: difference,
      p: difference === gap ? 1 : Number.NaN,
    };
  }
  const ofOne = varianceOfMoves(first.moves).variance;
  const ofOther = varianceOfMoves(second.moves).variance;
  const { variance, freedom } = varianceOfMoves(movesOfDifference(first.moves, second.moves));
  // The cancellation of rankings with equal placements leaves rounding, which is no variance.
  const isRounding = variance <= 1e-14 * (ofOne + ofOther);
  const together = (ofOne + ofOther - variance) / (2 * Math.sqrt(ofOne * ofOther));
  // An area of 1 shows no variance, and so not what it has in common with another.
  const correlation = ofOne * ofOther > 0 ? Math.min(1, together) : 0;
  const a = aucInterval(images, rankings[0], level);
  const b = aucInterval(images, rankings[1], level);
  const deviation = isRounding ? 0 : Math.sqrt(variance);
  const even = Math.max(0, correlation) * normalQuantile((1 + level) / 2) * deviation;
  const reach = (up: number, down: number) =>
    Math.max(even, Math.sqrt(up ** 2 + down ** 2 - 2 * correlation * up * down));
  const withoutVariance = difference === gap ? 1 : Number.NaN;
  return {
    difference,
    low: difference - reach(a.estimate - a.low, b.high - b.estimate),
    high: difference + reach(a.high - a.estimate, b.estimate - b.low),
    p: isRounding ? withoutVariance : twoSidedT((difference - gap) / Math.sqrt(variance), freedom),
  };
}
