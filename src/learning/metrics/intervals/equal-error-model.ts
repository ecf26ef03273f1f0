import type { RankedScores } from '../ranking/threshold-counts.ts';
import { areaSpread, type GroupedLabels } from './area-spread.ts';
import type { VarianceModel } from './score-interval.ts';

/**
 * How the variance of an equal error rate depends on its value: near the threshold both classes
 * have equal density, so that each kind of error decides half. Images in groups count as many
 * independent images as they are worth for the area under the curve.
 */
export function equalErrorModel(images: GroupedLabels, ranking: RankedScores): VarianceModel {
  const { negatives, positives } = areaSpread(images, ranking).effective;
  return {
    at: (rate) => (rate * (1 - rate) * (1 / negatives + 1 / positives)) / 4,
    rarer: Math.min(negatives, positives),
  };
}
