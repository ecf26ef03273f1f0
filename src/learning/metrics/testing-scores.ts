import { ok, type Result } from '../../result.ts';
import { meanUnder, type Weighted } from './arithmetic/weights.ts';
import { imageBrierScores } from './calibration/losses.ts';
import { type BinaryRow, binaryView } from './scores/binary-view.ts';
import { formatScores, parseScores, type ScoreTable } from './scores/scores-file.ts';

/** Scores of real and fake as a table. */
export const tableOfPairs = (rows: readonly BinaryRow[]): ScoreTable => ({
  classes: ['real', 'fake'],
  names: ['real', 'fake'],
  rows: rows.map(({ negative, positive, ...row }) => ({ ...row, scores: [negative, positive] })),
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

/** The Brier score of a detector's probabilities of its positive class. */
export function brier(
  labels: ArrayLike<number>,
  positive: ArrayLike<number>,
  { weights = new Uint8Array(labels.length).fill(1) }: Weighted = {},
): number {
  const probabilities = Float64Array.from(Array.from(positive).flatMap((p) => [1 - p, p]));
  const logits = probabilities.map(Math.log);
  const forecasts = { classes: 2, labels, logits, probabilities, judged: [1] };
  return meanUnder(weights, imageBrierScores(forecasts));
}
