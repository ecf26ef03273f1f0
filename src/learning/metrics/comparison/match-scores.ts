import { defaultNames } from '../../../default-class-names.ts';
import { err, ok, type Result } from '../../../result.ts';
import type { BinaryRow, SideNames } from '../scores/binary-view.ts';

/** What identifies an image among the rows of a model, and what it shows. */
export interface LabelledRow {
  /** Identifies the image in its split. */
  readonly key: string;
  readonly split: string;
  /** A side, or the name of a class. */
  readonly label: 0 | 1 | string;
  readonly group?: string | undefined;
}

/** Several models' rows of the same images. */
export interface MatchedRows<Row extends LabelledRow> {
  readonly images: readonly { readonly key: string; readonly split: string }[];
  /** What each image shows, of which all models agree. */
  readonly labels: readonly Row['label'][];
  /** From any model that knows it; absent where no image has one. */
  readonly groups?: readonly (string | undefined)[];
  readonly models: readonly (readonly Row[])[];
  /** For each model, the number of images that some other model did not score. */
  readonly unmatched: readonly number[];
}

/** Several models' scores of the same images; a label is 0 for negative, 1 for positive. */
export type MatchedScores = MatchedRows<BinaryRow>;

/** A model's rows, by the name that errors use. */
export interface NamedRows<Row extends LabelledRow> {
  readonly name: string;
  readonly rows: readonly Row[];
  /** The sides of its labels, in words. */
  readonly sides?: SideNames | undefined;
}

/** A model's scores, by the name and the sides that errors use. */
export type NamedScores = NamedRows<BinaryRow>;

/** Models are compared only if they share this share of the images of the one with the fewest. */
const leastShare = 0.5;

/**
 * Finds the images that all models scored, by split and key, in the first one's order. The error is
 * one sentence: those of {@link matchRows}, or images of one side alone.
 */
export function matchScores(models: readonly NamedScores[]): Result<MatchedScores, string> {
  const matched = matchRows(models);
  if (!matched.ok) return matched;
  const { labels } = matched.value;
  if (new Set(labels).size > 1) return matched;
  const sides = models[0]!.sides ?? defaultNames;
  const got = `${labels.length} ${sides[labels[0]!]} ones alone`;
  return err(`expected ${sides[0]} and ${sides[1]} images that all models scored, got ${got}`);
}

/**
 * Finds the images of which all models have a row, by split and key, in the first one's order. The
 * error is one sentence: an image twice, different classes or groups of one, or too few in common.
 */
export function matchRows<Row extends LabelledRow>(
  models: readonly NamedRows<Row>[],
): Result<MatchedRows<Row>, string> {
  const tables = models.map(({ rows }) => new Map(rows.map((row) => [idOf(row), row])));
  for (const [i, { name, rows }] of models.entries()) {
    const twice = rows.find((row) => tables[i]!.get(idOf(row)) !== row);
    if (twice !== undefined) {
      return err(
        `expected every image once in the scores of ${name}, got ${describe(twice)} twice`,
      );
    }
  }
  const shared = [...tables[0]!.keys()]
    .map((id) => tables.flatMap((table) => table.get(id) ?? []))
    .filter((rows) => rows.length === tables.length);
  const disagreement = shared
    .map((rows) => disagreementOn(rows, models))
    .find((problem) => problem !== undefined);
  if (disagreement !== undefined) return err(disagreement);
  const fewest = Math.min(...tables.map(({ size }) => size));
  if (shared.length === 0 || shared.length < leastShare * fewest)
    return err(tooFew(models, shared.length));
  const labels = shared.map(([row]) => row!.label);
  const groups = shared.map((rows) => rows.find(({ group }) => group !== undefined)?.group);
  return ok({
    images: shared.map(([row]) => ({ key: row!.key, split: row!.split })),
    labels,
    ...(groups.some((group) => group !== undefined) && { groups }),
    models: models.map((_, model) => shared.map((rows) => rows[model]!)),
    unmatched: tables.map(({ size }) => size - shared.length),
  });
}

/** The first disagreement of models on an image. */
function disagreementOn(
  rows: readonly LabelledRow[],
  models: readonly NamedRows<LabelledRow>[],
): string | undefined {
  const first = rows[0]!;
  const between = (
    what: string,
    firstIndex: number,
    secondIndex: number,
    show: (row: LabelledRow, sides: SideNames) => string,
  ) => {
    const valueAt = (i: number) => show(rows[i]!, models[i]!.sides ?? defaultNames);
    const got = `${valueAt(firstIndex)} in the scores of ${models[firstIndex]!.name} and ${valueAt(secondIndex)} in those of ${models[secondIndex]!.name}`;
    return `expected one ${what} for ${describe(first)}, got ${got}`;
  };
  const odd = rows.findIndex(({ label }) => label !== first.label);
  if (odd !== -1) {
    return between('class', 0, odd, ({ label }, sides) =>
      typeof label === 'string' ? `"${label}"` : sides[label],
    );
  }
  const grouped = rows.findIndex(({ group }) => group !== undefined);
  const stray = rows.findIndex(
    ({ group }) => group !== undefined && group !== rows[grouped]!.group,
  );
  return stray === -1 ? undefined : between('group', grouped, stray, ({ group }) => `"${group}"`);
}

function tooFew(models: readonly NamedRows<LabelledRow>[], matched: number): string {
  const keys = models.map(({ name, rows: [row, ...more] }) => {
    return row === undefined
      ? `${name} has 0`
      : `${name} has ${more.length + 1} such as ${describe(row)}`;
  });
  const got = `got ${matched} in common: ${keys.join('; ')}`;
  return `expected the same images in the scores of all models, matched by split and key, ${got}`;
}

const idOf = ({ split, key }: LabelledRow): string => JSON.stringify([split, key]);
const describe = ({ split, key }: LabelledRow): string => `"${key}" of ${split}`;
