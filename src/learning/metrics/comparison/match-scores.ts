import { defaultNames } from '../../../default-class-names.ts';
import { err, ok, type Result } from '../../../result.ts';
import type { BinaryRow, SideNames } from '../scores/binary-view.ts';

/** Several models' scores of the same images. */
export interface MatchedScores {
  readonly images: readonly { readonly key: string; readonly split: string }[];
  /** 0 negative, 1 positive. */
  readonly labels: readonly (0 | 1)[];
  /** From any model that knows it; absent where no image has one. */
  readonly groups?: readonly (string | undefined)[];
  readonly models: readonly (readonly BinaryRow[])[];
  /** For each model, the number of images that some other model did not score. */
  readonly unmatched: readonly number[];
}

/** A model's scores, by the name and the sides that errors use. */
export interface NamedScores {
  readonly name: string;
  readonly rows: readonly BinaryRow[];
  readonly sides?: SideNames | undefined;
}

/** Models are compared only if they share this share of the images of the one with the fewest. */
const leastShare = 0.5;

/**
 * Finds the images that all models scored, by split and key, in the first one's order. The error is
 * one sentence: an image twice, different classes or groups of one, too few in common, or one
 * class.
 */
export function matchScores(models: readonly NamedScores[]): Result<MatchedScores, string> {
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
  if (new Set(labels).size < 2) {
    const sides = models[0]!.sides ?? defaultNames;
    const got = `${shared.length} ${sides[labels[0]!]} ones alone`;
    return err(`expected ${sides[0]} and ${sides[1]} images that all models scored, got ${got}`);
  }
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
  rows: readonly BinaryRow[],
  models: readonly NamedScores[],
): string | undefined {
  const [first] = rows as [BinaryRow];
  const between = (
    what: string,
    firstIndex: number,
    secondIndex: number,
    show: (row: BinaryRow, sides: SideNames) => string,
  ) => {
    const valueAt = (i: number) => show(rows[i]!, models[i]!.sides ?? defaultNames);
    const got = `${valueAt(firstIndex)} in the scores of ${models[firstIndex]!.name} and ${valueAt(secondIndex)} in those of ${models[secondIndex]!.name}`;
    return `expected one ${what} for ${describe(first)}, got ${got}`;
  };
  const odd = rows.findIndex(({ label }) => label !== first.label);
  if (odd !== -1) return between('class', 0, odd, ({ label }, sides) => sides[label]);
  const grouped = rows.findIndex(({ group }) => group !== undefined);
  const stray = rows.findIndex(
    ({ group }) => group !== undefined && group !== rows[grouped]!.group,
  );
  return stray === -1 ? undefined : between('group', grouped, stray, ({ group }) => `"${group}"`);
}

function tooFew(models: readonly NamedScores[], matched: number): string {
  const keys = models.map(({ name, rows: [row, ...more] }) => {
    return row === undefined
      ? `${name} has 0`
      : `${name} has ${more.length + 1} such as ${describe(row)}`;
  });
  const got = `got ${matched} in common: ${keys.join('; ')}`;
  return `expected the same images in the scores of all models, matched by split and key, ${got}`;
}

const idOf = ({ split, key }: BinaryRow): string => JSON.stringify([split, key]);
const describe = ({ split, key }: BinaryRow): string => `"${key}" of ${split}`;
