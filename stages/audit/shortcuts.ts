import { aucInterval } from '../../src/metrics/intervals/auc-interval.ts';
import type { Interval } from '../../src/metrics/intervals/interval.ts';
import { crossDiscriminant } from '../../src/metrics/multivariate/cross-discriminant.ts';
import { groupedFolds } from '../../src/metrics/multivariate/grouped-folds.ts';
import { permutation, Random } from '../../src/random.ts';
import type { AuditedImage } from './audited-image.ts';

/** What the classes might be told by without looking at faces, and the numbers of an image that say it. */
interface Shortcut {
  /** What it is called in metrics. */
  readonly name: string;
  readonly title: string;
  /** `[images, columns]`. */
  columns(images: readonly AuditedImage[]): readonly ArrayLike<number>[];
}

/** How well one shortcut tells the classes. */
export interface ShortcutResult extends Pick<Shortcut, 'name' | 'title'> {
  readonly images: number;
  readonly auc: Interval;
  /** Whether images differ in it at all; where not, its AUC is 0.5 and has no interval. */
  readonly varies: boolean;
}

/** The table of shortcuts. A linear rule sees only what grows, so what is few numbers comes with squares and common values. */
export const shortcuts: readonly Shortcut[] = [
  {
    name: 'size',
    title: 'image size',
    columns: (images) => {
      const sizes = images.map(({ width, height }) => [width, height, Math.log(width / height)]);
      return beside(withSquares(sizes), commonValues(images.map(({ width, height }) => `${width} x ${height}`)));
    },
  },
  {
    name: 'encoding',
    title: 'encoding',
    columns: (images) => {
      const all = images.map(({ look }) => look.encoding);
      const numbers = all.map(({ quality = 0, lumaStep = 1, chromaStep = 1 }) => [
        ...[quality, Math.log(lumaStep), Math.log(chromaStep)],
      ]);
      const kinds = all.map(({ format, subsampling, progressive }) => `${format} ${subsampling} ${progressive}`);
      return [withSquares(numbers), commonValues(kinds), commonValues(all.map(({ tables }) => tables ?? ''))].reduce(
        beside,
      );
    },
  },
  {
    name: 'fileSize',
    title: 'file size',
    columns: (images) =>
      withSquares(
        images.map(({ width, height, look: { bytes } }) => [Math.log(bytes), Math.log(bytes / (width * height))]),
      ),
  },
  {
    name: 'brightness',
    title: 'brightness and colour',
    columns: (images) =>
      withSquares(
        images.map(({ look: { light } }) => [light.luma, light.red, light.green, light.blue, ...light.deviations]),
      ),
  },
  {
    name: 'thumbnail',
    title: '16 x 16 pixels',
    columns: (images) => images.map(({ look }) => look.thumbnail),
  },
];

interface TestOptions {
  readonly folds: number;
  readonly confidence: number;
  readonly seed: number;
}

/** For the products of 768 columns: what is more is left out, drawn by the seed. */
const mostImages = 20_000;

/**
 * The AUC of one shortcut by cross-validation, with its interval. Images of one unit are in one fold, and are drawn together
 * where any belong together. Needs two units of either class at least: undefined otherwise.
 */
export function testShortcut(
  shortcut: Shortcut,
  images: readonly AuditedImage[],
  units: readonly string[],
  { folds, confidence, seed }: TestOptions,
): ShortcutResult | undefined {
  const places = Array.from(permutation(images.length, new Random('audited images', seed)))
    .slice(0, mostImages)
    .sort((a, b) => a - b);
  const chosen = places.map((place) => images[place]!);
  const names = places.map((place) => units[place]!);
  const labels = chosen.map(({ label }) => label);
  const groups = numbered(names);
  const foldOf = groupedFolds(labels, groups, { count: folds, seed });
  if (!everyFoldLearnsBoth(labels, foldOf)) return undefined;
  const rows = shortcut.columns(chosen);
  const width = rows[0]!.length;
  const values = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  const varies = values.some((value, i) => value !== values[i % width]);
  const scores = crossDiscriminant(values, labels, foldOf);
  const { name, title } = shortcut;
  const auc = aucInterval({ labels, groups: names, seed }, scores, confidence);
  return { name, title, images: chosen.length, auc, varies };
}

function numbered(names: readonly string[]): Uint32Array {
  const numbers = new Map<string, number>();
  for (const name of names) if (!numbers.has(name)) numbers.set(name, numbers.size);
  return Uint32Array.from(names, (name) => numbers.get(name)!);
}

function everyFoldLearnsBoth(labels: readonly number[], foldOf: Uint8Array): boolean {
  const used = [...new Set(foldOf)];
  return used.length > 1 && used.every((fold) => new Set(labels.filter((_, i) => foldOf[i] !== fold)).size === 2);
}

type Columns = readonly (readonly number[])[];

const beside = (one: Columns, other: Columns): Columns => one.map((row, i) => [...row, ...other[i]!]);

/** Each column and its square around the mean, so that what lies outside, or inside, of a range is told, too. */
function withSquares(rows: Columns): Columns {
  const means = rows[0]!.map((_, k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length);
  return rows.map((row) => [...row, ...row.map((value, k) => (value - means[k]!) ** 2)]);
}

/** Of so many values at most. */
const mostCommon = 16;

/** A column of 0 and 1 for each of the commonest values, whatever their class. */
function commonValues(values: readonly string[]): Columns {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const common = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, mostCommon);
  return values.map((value) => common.map(([name]) => (name === value ? 1 : 0)));
}
