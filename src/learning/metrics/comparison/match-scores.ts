import type { Result } from '../../../result.ts';
import { err, ok } from '../../../result.ts';
import type { ScoreRow } from '../scores-file.ts';

/** Several models' scores of the same images. */
export interface MatchedScores {
  /** Of each image; the split and key by which it was matched. */
  readonly images: readonly Pick<ScoreRow, 'key' | 'split'>[];
  /** 0 real, 1 fake. */
  readonly labels: readonly (0 | 1)[];
  /** By whichever model knows it; absent where no image has one. */
  readonly groups?: readonly (string | undefined)[];
  /** Of each model, the rows in the order of the images. */
  readonly models: readonly (readonly ScoreRow[])[];
  /** Of each model, how many images others of them did not score. */
  readonly unmatched: readonly number[];
}

export interface NamedScores {
  readonly name: string;
  readonly rows: readonly ScoreRow[];
}

/** Models that share less than this share of the images of the one with the fewest are not compared. */
const leastShare = 0.5;

/**
 * Finds the images that all of the models scored, by split and key, in the order of the first model. The error is one
 * sentence: a key that comes twice, an image whose class or group the models disagree on, too few images in common, or one
 * class among them.
 *
 *     const matched = matchScores([{ name: 'A', rows: rowsOfA }, { name: 'B', rows: rowsOfB }]);
 */
export function matchScores(models: readonly NamedScores[]): Result<MatchedScores, string> {
  const tables: Map<string, ScoreRow>[] = [];
  for (const { name, rows } of models) {
    const table = new Map(rows.map((row) => [idOf(row), row]));
    if (table.size < rows.length) {
      const twice = rows.find((row) => table.get(idOf(row)) !== row)!;
      return err(`expected every image once in the scores of ${name}, got ${describe(twice)} twice`);
    }
    tables.push(table);
  }
  const [first, ...others] = tables as [Map<string, ScoreRow>, ...Map<string, ScoreRow>[]];
  const rows: ScoreRow[][] = [];
  const groups: (string | undefined)[] = [];
  for (const [id, row] of first) {
    const all = [row, ...others.flatMap((table) => table.get(id) ?? [])];
    if (all.length < tables.length) continue;
    const odd = all.findIndex(({ label }) => label !== row.label);
    if (odd !== -1) {
      const called = (label: number) => (label === 0 ? 'real' : 'fake');
      return err(
        `expected one class for ${describe(row)}, got ${called(row.label)} in the scores of ${models[0]!.name} and ` +
          `${called(all[odd]!.label)} in those of ${models[odd]!.name}`,
      );
    }
    const grouped = all.findIndex(({ group }) => group !== undefined);
    const group = all[grouped]?.group;
    const stray = all.findIndex((other) => other.group !== undefined && other.group !== group);
    if (stray !== -1) {
      return err(
        `expected one group for ${describe(row)}, got "${group}" in the scores of ${models[grouped]!.name} and ` +
          `"${all[stray]!.group}" in those of ${models[stray]!.name}`,
      );
    }
    rows.push(all);
    groups.push(group);
  }
  const fewest = Math.min(...tables.map(({ size }) => size));
  if (rows.length === 0 || rows.length < leastShare * fewest) return err(tooFew(models, rows.length));
  const labels = rows.map(([row]) => row!.label);
  if (new Set(labels).size < 2) {
    const of = labels[0] === 0 ? 'real' : 'fake';
    return err(`expected real and fake images that all models scored, got ${rows.length} ${of} ones alone`);
  }
  return ok({
    images: rows.map(([row]) => ({ key: row!.key, split: row!.split })),
    labels,
    ...(groups.some((group) => group !== undefined) && { groups }),
    models: models.map((_, model) => rows.map((all) => all[model]!)),
    unmatched: tables.map(({ size }) => size - rows.length),
  });
}

function tooFew(models: readonly NamedScores[], matched: number): string {
  const keys = models.map(
    ({ name, rows }) => `${name} has ${rows.length}${rows[0] ? ` such as ${describe(rows[0])}` : ''}`,
  );
  return (
    `expected the same images in the scores of all models, matched by split and key, got ${matched} in common: ` +
    `${keys.join('; ')}`
  );
}

function idOf({ split, key }: ScoreRow): string {
  return JSON.stringify([split, key]);
}

function describe({ split, key }: ScoreRow): string {
  return `"${key}" of ${split}`;
}
