import { readFileSync } from 'node:fs';
import { StageError } from '../../stage.ts';
import { thereAre } from '../../suggest.ts';
import { parseScores, type ScoreRow } from './scores-file.ts';

/**
 * Reads the rows of a split, and `all`. Throws a {@link StageError} without any; `what` names the input: `input "scores"`.
 */
export function readSplitScores(path: string, split: string, what: string) {
  const scores = parseScores(readFileSync(path, 'utf8'));
  if (!scores.ok) throw new StageError(`${what}, ${path}: ${scores.error}`);
  const all = scores.value;
  const rows = all.filter((row) => row.split === split);
  if (rows.length > 0) return { rows, all };
  const there = thereAre(split, new Set(all.map((row) => row.split)));
  throw new StageError(`${what}: expected images of the split "${split}", got none. ${there} Set "split".`);
}

/** Throws a {@link StageError} where rows are of one class alone. */
export function requireBothClasses(rows: readonly ScoreRow[], split: string, what: string): void {
  const fake = rows.filter(({ label }) => label === 1).length;
  const real = rows.length - fake;
  if (real > 0 && fake > 0) return;
  throw new StageError(
    `${what}: expected real and fake images in the split "${split}", got ${real} real and ${fake} fake`,
  );
}
