import type { BinaryRow } from '../binary-view.ts';
import { accuracy, confusion } from '../confusion.ts';
import type { Statistic } from '../intervals/bootstrap.ts';
import { auc } from '../ranking/roc-curve.ts';
import { countDraws, rankScores } from '../ranking/threshold-counts.ts';

type Scores = Pick<BinaryRow, 'real' | 'fake'>;

/** The score that ranks images: the second score minus the first; higher is more fake. */
export const differenceOf = ({ real, fake }: Scores): number => fake - real;

/** The class with the higher score: 0 = real, 1 = fake; real on a tie. */
export const predictedClass = ({ real, fake }: Scores): 0 | 1 => (fake > real ? 1 : 0);

/** The AUC of rows, which are ranked once. */
export function aucOfRows(labels: readonly (0 | 1)[], rows: readonly Scores[]): Statistic {
  const counts = countDraws(labels, rankScores(rows.map(differenceOf)));
  return (weights) => auc(counts(weights));
}

/** The share of images for which the score of their class is higher. */
export function accuracyOfRows(labels: readonly (0 | 1)[], rows: readonly Scores[]): Statistic {
  const predicted = rows.map(predictedClass);
  return (weights) => accuracy(confusion(labels, predicted, { weights }));
}
