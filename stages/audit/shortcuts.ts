import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatEstimate, formatLevel } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { chart } from '../../src/learning/charts/encoders.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { holm } from '../../src/learning/metrics/comparison/holm.ts';
import {
  type CrossValidatedAuc,
  crossValidatedAuc,
} from '../../src/learning/metrics/multivariate/cross-validated-auc.ts';
import { groupedFolds } from '../../src/learning/metrics/multivariate/grouped-folds.ts';
import { compare } from '../../src/sort-order.ts';
import type { ExaminedImage } from './survey.ts';

interface ShortcutNames {
  /** Its key in metrics. */
  readonly name: string;
  readonly title: string;
}

/**
 * Something other than the content by which a classifier might separate the classes, as numbers of
 * each image.
 */
interface Shortcut extends ShortcutNames {
  /** `[images, columns]`; undefined where it is not known of every image. */
  columns(images: readonly ExaminedImage[]): readonly ArrayLike<number>[] | undefined;
}

/** The separation of the classes by one shortcut. */
export interface ShortcutResult extends ShortcutNames {
  readonly images: number;
  /**
   * With p adjusted by {@link holm}: the more shortcuts are tested, the more often one seems to
   * separate the classes.
   */
  readonly auc: CrossValidatedAuc;
  /** Whether images differ in it at all; where not, its AUC is 0.5 without interval and p. */
  readonly varies: boolean;
}

/**
 * The table of shortcuts. A linear rule sees only monotone effects, so squares and indicators of
 * common values are added.
 */
const shortcuts: readonly Shortcut[] = [
  {
    name: 'size',
    title: 'image size',
    columns: (images) => {
      const sizes = images.map(({ width, height }) => [width, height, Math.log(width / height)]);
      return beside(
        withSquares(sizes),
        commonValues(images.map(({ width, height }) => `${width} x ${height}`)),
      );
    },
  },
  {
    name: 'encoding',
    title: 'encoding',
    columns: (images) => {
      const all = images.map(({ print }) => print.encoding);
      const steps = all.map(({ lumaStep = 1, chromaStep = 1 }) => [
        Math.log(lumaStep),
        Math.log(chromaStep),
      ]);
      const numbers = all.map(({ quality = 0 }, i) => [quality, ...steps[i]!]);
      const kinds = all.map(
        ({ format, subsampling, progressive }) => `${format} ${subsampling} ${progressive}`,
      );
      const tables = all.map(({ tables = '' }) => tables);
      return beside(beside(withSquares(numbers), commonValues(kinds)), commonValues(tables));
    },
  },
  {
    name: 'fileSize',
    title: 'file size',
    columns: (images) =>
      withSquares(
        images.map(({ width, height, print: { bytes } }) => [
          Math.log(bytes),
          Math.log(bytes / (width * height)),
        ]),
      ),
  },
  {
    name: 'faceSize',
    title: 'face size',
    columns: (images) => {
      const faces = images.flatMap(({ face }) => face ?? []);
      if (faces.length < images.length) return undefined;
      return withSquares(
        faces.map(({ width, height }) => [Math.log(height), Math.log(width / height)]),
      );
    },
  },
  {
    name: 'brightness',
    title: 'brightness and colour',
    columns: (images) =>
      withSquares(
        images.map(({ look: { light } }) => [
          light.luma,
          light.red,
          light.green,
          light.blue,
          ...light.deviations,
        ]),
      ),
  },
  {
    name: 'thumbnail',
    title: '16 x 16 pixels',
    columns: (images) => images.map(({ look }) => look.thumbnail),
  },
];

interface TestOptions {
  /** The number of folds of the cross-validation. */
  readonly folds: number;
  /** Of the intervals, above 0 and below 1. */
  readonly confidence: number;
  readonly seed: number;
}

/**
 * The cross-validated AUC of each shortcut. Images of one unit stay in one fold and count as one
 * observation. Empty where a class has fewer than two units.
 */
export function testShortcuts(
  images: readonly ExaminedImage[],
  units: readonly string[],
  { folds: count, confidence, seed }: TestOptions,
  progress: (done: number, total: number, title: string) => void,
): readonly ShortcutResult[] {
  const labels = images.map(({ label }) => label);
  const groups = numberNames(units);
  const folds = groupedFolds(labels, groups, { count, seed });
  if (!everyFoldLearnsBoth(labels, folds)) return [];
  const known = shortcuts.flatMap(({ name, title, columns }) => {
    const rows = columns(images);
    return rows === undefined ? [] : [{ name, title, rows }];
  });
  const results = known.map(({ name, title, rows }, done): ShortcutResult => {
    progress(done, known.length, title);
    const values = flatten(rows);
    const width = values.length / images.length;
    const varies = values.some((value, i) => value !== values[i % width]);
    const auc = varies
      ? crossValidatedAuc({ values, labels, groups, folds }, { confidence, seed })
      : chance;
    return { name, title, images: images.length, auc, varies };
  });
  const ps = holm(results.map(({ auc }) => auc.p));
  return results.map((result, i) => ({ ...result, auc: { ...result.auc, p: ps[i]! } }));
}

/** The result of a shortcut in which all images are equal. */
const chance: CrossValidatedAuc = {
  estimate: 0.5,
  low: Number.NaN,
  high: Number.NaN,
  p: Number.NaN,
};

function flatten(rows: readonly ArrayLike<number>[]): Float64Array {
  const width = rows[0]!.length;
  const values = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  return values;
}

/** The index of each name's first occurrence among the distinct names. */
function numberNames(names: readonly string[]): Uint32Array {
  const distinct = new Map([...new Set(names)].map((name, index) => [name, index]));
  return Uint32Array.from(names, (name) => distinct.get(name)!);
}

function everyFoldLearnsBoth(labels: readonly number[], folds: Uint8Array): boolean {
  const used = [...new Set(folds)];
  return (
    used.length > 1 &&
    used.every((fold) => new Set(labels.filter((_, i) => folds[i] !== fold)).size === 2)
  );
}

type Columns = readonly (readonly number[])[];

const beside = (left: Columns, right: Columns): Columns =>
  left.map((row, i) => [...row, ...right[i]!]);

/**
 * Each column and its squared distance from the mean, so that values inside or outside of a range
 * separate, too.
 */
function withSquares(rows: Columns): Columns {
  const means = rows[0]!.map((_, k) => mean(rows.map((row) => row[k]!)));
  return rows.map((row) => [...row, ...row.map((value, k) => (value - means[k]!) ** 2)]);
}

const mostCommon = 16;

/** An indicator column, 0 or 1, for each of the most common values, whatever their class. */
function commonValues(values: readonly string[]): Columns {
  const common = [...groupBy(values, (value) => value)]
    .sort(([a, m], [b, n]) => n.length - m.length || compare(a, b))
    .slice(0, mostCommon);
  return values.map((value) => common.map(([name]) => (name === value ? 1 : 0)));
}

/** Words for an AUC: the first row with an AUC below its end. */
const grades = [
  { below: 0.6, says: 'a trace' },
  { below: 0.75, says: 'separates the classes weakly' },
  { below: 0.9, says: 'separates the classes well' },
  {
    below: Number.POSITIVE_INFINITY,
    says: 'separates the classes almost without looking at the content',
  },
] as const;

/** A shortcut is found where its p-value, adjusted for all shortcuts, is at most this. */
const significant = 0.05;

/** A warning needs an interval above this: a weaker shortcut is not worth one, however certain. */
const worrying = 0.55;

/** Whether a shortcut separates the classes better than chance. */
export const isFound = ({ auc }: ShortcutResult): boolean => auc.p <= significant;

/** Whether a shortcut deserves a warning. */
export const isWorrying = (result: ShortcutResult): boolean =>
  isFound(result) && result.auc.low > worrying;

/** A shortcut's AUC in words. */
export function verdict(result: ShortcutResult): string {
  const { name, auc, varies } = result;
  if (!varies) return 'all images are alike in this';
  if (!isFound(result)) return 'no better than chance';
  const { says } = grades.find(({ below }) => auc.estimate < below)!;
  // These pixels show the content, so this is rather a baseline for networks.
  return name === 'thumbnail' && auc.estimate >= 0.6 ? `${says}; a network must beat it` : says;
}

/**
 * `file size alone: AUC 0.931 (0.912–0.947): separates the classes almost without looking at the
 * content`.
 */
export function verdictLine(result: ShortcutResult): string {
  return `${result.title} alone: AUC ${formatEstimate(result.auc)}: ${verdict(result)}`;
}

const width = 320;

/**
 * A row for each shortcut: its AUC, filled where it is better than chance, with the interval;
 * chance dashed.
 */
export function shortcutChart(
  results: readonly ShortcutResult[],
  confidence: number,
): TopLevelSpec {
  const rows = results.map((result) => ({
    name: result.title,
    value: result.auc.estimate,
    low: result.auc.low,
    high: result.auc.high,
    text: formatEstimate(result.auc),
    isOpen: !isFound(result),
  }));
  const least = Math.min(0.5, ...rows.map(({ value, low }) => (Number.isNaN(low) ? value : low)));
  const images = Math.max(0, ...results.map(({ images }) => images));
  const subtitle = `${formatCountOf(images, 'image')}; cross-validated linear rule; filled: above chance, p ≤ ${significant} (one-sided, shuffled labels, Holm); lines: ${formatLevel(confidence)} interval, two-sided`;
  return chart(
    results.length === 0 ? 'No shortcut could be tested' : 'AUC by each shortcut alone',
    subtitle,
    width + 250,
    intervalRows(rows, {
      dataName: 'shortcuts',
      label: 'AUC by this alone (0.5 is chance)',
      width,
      ruled: 0.5,
      domain: [Math.floor(10 * least) / 10, 1],
      axis: { format: '.1f', grid: true },
    }),
  );
}
