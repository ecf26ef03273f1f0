import { accuracy } from '../classification/accuracy.ts';
import { auc } from '../ranking/auc.ts';
import { rankScores } from '../ranking/rank-scores.ts';
import type { ScoreRow } from '../scores-file.ts';

/** A statistic of one model's rows under weights of the images, as the bootstrap asks for it again and again. */
export type WeightedStatistic = (weights: Float64Array) => number;

type Scores = Pick<ScoreRow, 'real' | 'fake'>;

/** What images are ranked by: the second score less the first; higher is more fake. */
export const differenceOf = ({ real, fake }: Scores): number => fake - real;

/** The class with the higher score: 0 = real, 1 = fake; real on a tie. */
export const predictedClass = ({ real, fake }: Scores): 0 | 1 => (fake > real ? 1 : 0);

/** The AUC of rows, ranked once. */
export function aucOfRows(labels: readonly (0 | 1)[], rows: readonly Scores[]): WeightedStatistic {
  const ranking = rankScores(rows.map(differenceOf));
  return (weights) => auc(labels, ranking, { weights });
}

/** The share of images whose higher score is that of their class. */
export function accuracyOfRows(labels: readonly (0 | 1)[], rows: readonly Scores[]): WeightedStatistic {
  const predicted = rows.map(predictedClass);
  return (weights) => accuracy(labels, predicted, { weights });
}
