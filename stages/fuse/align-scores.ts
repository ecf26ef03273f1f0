import { formatFew } from '../../src/format-numbers.ts';
import { scaleOfTable } from '../../src/learning/metrics/scores/binary-view.ts';
import type { ScoreRow, ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import { err, ok, type Result } from '../../src/result.ts';

/** The scores of a model, by the name that errors and tables use. */
export interface NamedTable {
  readonly name: string;
  readonly table: ScoreTable;
}

/** The evidence of several models for the same images. */
export interface AlignedScores {
  /** What is known of the images, and their labels: that of the first model. */
  readonly table: ScoreTable;
  /** For each model, for each row of the table: a logit for each class of the table. */
  readonly logits: readonly (readonly (readonly number[])[])[];
}

/**
 * Puts the scores of each model into the order of images and classes of the first. The error is one
 * sentence: other classes, an image that a model has not scored, or two labels of one image.
 */
export function alignScores(models: readonly NamedTable[]): Result<AlignedScores, string> {
  const [first, ...others] = models as [NamedTable, ...NamedTable[]];
  const logits = [logitsOf(first.table, first.table.rows, first.table.classes)];
  for (const model of others) {
    const rows = rowsInOrderOf(first, model);
    if (!rows.ok) return rows;
    logits.push(logitsOf(model.table, rows.value, first.table.classes));
  }
  return ok({ table: first.table, logits });
}

/** The rows of a model in the order of the first one's. */
function rowsInOrderOf(first: NamedTable, model: NamedTable): Result<readonly ScoreRow[], string> {
  const expected = first.table.classes;
  const actual = model.table.classes;
  if (expected.toSorted().join() !== actual.toSorted().join()) {
    return err(
      `expected scores of the same classes, got ${formatFew(expected, 10)} of ${first.name} and ${formatFew(actual, 10)} of ${model.name}`,
    );
  }
  const byId = new Map(model.table.rows.map((row) => [idOf(row), row]));
  const rows: ScoreRow[] = [];
  for (const expectedRow of first.table.rows) {
    const row = byId.get(idOf(expectedRow));
    if (row === undefined) return err(notScored(expectedRow, first, model));
    const label = first.table.names[expectedRow.label];
    const other = model.table.names[row.label];
    if (label !== other) {
      return err(
        `expected one label for ${describe(row)}, got ${label} in the scores of ${first.name} and ${other} in those of ${model.name}`,
      );
    }
    rows.push(row);
  }
  if (byId.size === rows.length) return ok(rows);
  const known = new Set(first.table.rows.map(idOf));
  return err(notScored(model.table.rows.find((row) => !known.has(idOf(row)))!, model, first));
}

const notScored = (row: ScoreRow, by: NamedTable, without: NamedTable): string =>
  `expected the same images in the scores of all models, but ${describe(row)} is in those of ${by.name} and not in those of ${without.name}; give all models the same data set and splits`;

/** The logits of rows for these classes; those of probabilities are their logarithms. */
function logitsOf(
  table: ScoreTable,
  rows: readonly ScoreRow[],
  classes: readonly string[],
): readonly (readonly number[])[] {
  const columns = classes.map((name) => table.classes.indexOf(name));
  const areLogits = scaleOfTable(table) === 'logits';
  const logitOf = (score: number): number =>
    areLogits ? score : Math.log(Math.max(score, Number.EPSILON));
  return rows.map(({ scores }) => columns.map((column) => logitOf(scores[column]!)));
}

const idOf = ({ split, key }: ScoreRow): string => JSON.stringify([split, key]);
const describe = ({ split, key }: ScoreRow): string => `"${key}" of ${split}`;
