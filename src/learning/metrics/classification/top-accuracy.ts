import { meanUnder, type WeightedStatistic } from '../arithmetic/weights.ts';
import type { ClassScores } from './class-scores.ts';

/**
 * The share of images with their class among the `top` highest scores, 0 to 1, higher is better; of
 * equal scores at the end of these, each is as likely to be among them. `top / classes` is chance.
 */
export const topAccuracy =
  (top: number) =>
  (scores: ClassScores): WeightedStatistic => {
    const chances = Float64Array.from(scores.labels, (_, i) => chanceInTop(scores, i, top));
    return (weights) => meanUnder(weights, chances);
  };

/**
 * The chance that the class of an image is among the `top` highest scores, 0 to 1: where classes
 * share a score at the end of these, each of them is as likely.
 */
function chanceInTop({ logits, labels, classes }: ClassScores, image: number, top: number): number {
  const score = logits[image * classes + labels[image]!]!;
  let higher = 0;
  let equal = 0;
  for (let c = 0; c < classes; c++) {
    const rival = logits[image * classes + c]!;
    if (rival > score) higher++;
    else if (rival === score) equal++;
  }
  return Math.min(1, Math.max(0, (top - higher) / equal));
}
