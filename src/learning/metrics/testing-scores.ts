import { ok, type Result } from '../../result.ts';
import { type Weighted, weightedMean } from './arithmetic/weights.ts';
import { brierOf } from './calibration/losses.ts';
import { type BinaryRow, binaryView } from './scores/binary-view.ts';
import { formatScores, parseScores, type ScoreTable } from './scores/scores-file.ts';

/** Scores of real and fake as a table. */
export const tableOfPairs = (rows: readonly BinaryRow[]): ScoreTable => ({
  classes: ['real', 'fake'],
  names: ['real', 'fake'],
  rows: rows.map(({ real, fake, ...row }) => ({ ...row, scores: [real, fake] })),
});

/** Their file. */
export const formatPairs = (rows: readonly BinaryRow[]): string => formatScores(tableOfPairs(rows));

/** The rows of a file of two classes. */
export function parsePairs(text: string): Result<readonly BinaryRow[], string> {
  const table = parseScores(text);
  if (!table.ok) return table;
  const view = binaryView(table.value);
  return view.ok ? ok(view.value.rows) : view;
}

/** The mean Brier score of items. */
export function brier(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  options: Weighted = {},
): number {
  return weightedMean(labels.length, (i) => brierOf(labels[i]!, probabilities[i]!), options);
}
