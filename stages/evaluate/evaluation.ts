import { formatFew } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { scaleOf } from '../../src/learning/metrics/arithmetic/logits.ts';
import { fitClassTemperature } from '../../src/learning/metrics/calibration/temperature.ts';
import { classScoresOf } from '../../src/learning/metrics/classification/class-scores.ts';
import { scoredOf } from '../../src/learning/metrics/detector-scores.ts';
import { findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import {
  type BinaryRow,
  type BinaryScores,
  binaryView,
} from '../../src/learning/metrics/scores/binary-view.ts';
import type { ScoreRow, ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import type { Unit } from '../../src/learning/metrics/scores/video-settings.ts';
import type { Fitted } from '../../src/learning/metrics/split-statistics.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { compare } from '../../src/sort-order.ts';
import { StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { type ClassFitted, classify, openSet } from './class-split.ts';
import { type DetectedSplit, detect, fitTo } from './detector.ts';
import { type EvaluateOptions, finite } from './with-intervals.ts';

/** The content of the `metrics` output. */
export type Evaluation = Awaited<ReturnType<typeof evaluate>>;
/** The metrics of a classifier of more than two classes on one split. */
export type ClassifiedSplit = Awaited<ReturnType<typeof classify>>;
/** The measures of a split: of two classes those of a detector, of more those of a classifier. */
export type EvaluatedSplit = (
  | DetectedSplit
  | (ClassifiedSplit & { readonly detection?: DetectedSplit })
) &
  Further;

/** What is measured of a split besides its classes. */
interface Further {
  /** Images of labels that the model does not know against all others. */
  readonly openSet?: ReturnType<typeof openSet>;
  /** The measures of the images of each value of each slice, the worst first. */
  readonly slices?: Readonly<Record<string, Readonly<Record<string, EvaluatedSplit>>>>;
  /** That order for slices whose values are integers, such as years: keys of objects lose it. */
  readonly worstFirst?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Evaluates splits; `chosenEpoch` is the one whose weights were evaluated, the best on val, or 0 if
 * none was trained.
 */
export async function evaluate(
  table: ScoreTable,
  options: EvaluateOptions & { readonly splits: readonly string[]; readonly chosenEpoch: number },
) {
  const { splits: names, confidence, chosenEpoch } = options;
  const measures = measuresOf(table, options);
  const rowsOf = (name: string) => table.rows.filter(({ split }) => split === name);
  const fittedOnVal = names.includes(selectionSplit)
    ? measures.fit(rowsOf(selectionSplit))
    : undefined;
  const splits: Record<string, EvaluatedSplit> = {};
  for (const name of names) {
    // Omitted for val itself, where they would be optimistic.
    const fitted = name === selectionSplit ? undefined : fittedOnVal;
    const rows = rowsOf(name);
    if (options.positive === undefined) checkHasKnown(table, rows, name);
    const unknown = openSet(table, rows, options);
    const { slices, worstFirst } = await measureSlices(rows, measures.split, options);
    splits[name] = {
      ...(await measures.split(rows, fitted)),
      ...(unknown && { openSet: unknown }),
      ...(Object.keys(slices).length > 0 && { slices }),
      ...(Object.keys(worstFirst).length > 0 && { worstFirst }),
    };
  }
  const accuracies = Object.fromEntries(names.map((name) => [name, splits[name]!.accuracy]));
  return {
    confidence,
    ...(chosenEpoch > 0 && { chosenEpoch: { epoch: chosenEpoch, accuracy: accuracies } }),
    ...(fittedOnVal && { fittedOnVal }),
    splits,
  };
}

/** Throws a {@link StageError} if the model knows no label of a split. */
function checkHasKnown(
  { classes, names }: ScoreTable,
  rows: readonly ScoreRow[],
  split: string,
): void {
  if (rows.length === 0 || rows.some(({ label }) => label < classes.length)) return;
  const labels = [...new Set(rows.map(({ label }) => names[label]!))];
  throw new StageError(
    `Expected images of ${formatFew(classes, 10)} in ${split}, got only images of ${formatFew(labels, 10)}, for which there are no scores.`,
  );
}

/**
 * How rows of a table are measured: two classes as a detector, more as a classifier, and also as a
 * detector if there is a view.
 */
function measuresOf(table: ScoreTable, options: EvaluateOptions) {
  const { classes } = table;
  const isKnown = ({ label }: ScoreRow) => label < classes.length;
  const view = viewOf(table, options.positive);
  const scale = view && (table.scale ?? scaleOf(view.rows));
  /** The view of some rows in the order of the table, which is faster than a map of a million. */
  const sides = (rows: readonly ScoreRow[]): readonly BinaryRow[] => {
    let at = -1;
    return rows.map((row) => {
      at = table.rows.indexOf(row, at + 1);
      return view!.rows[at]!;
    });
  };
  const asDetector = (rows: readonly ScoreRow[], fitted?: Fitted) =>
    detect(sides(rows), { scale: scale!, names: view!.names, fitted }, options);
  const fitDetector = (rows: readonly ScoreRow[]) => fitTo(scoredOf(sides(rows), scale!));
  if (classes.length === 2 && table.rows.every(isKnown)) {
    return {
      fit: fitDetector as (rows: readonly ScoreRow[]) => AnyFitted | undefined,
      split: (rows: readonly ScoreRow[], fitted?: AnyFitted) =>
        asDetector(rows, fitted as Fitted | undefined),
    };
  }
  const asClassifier = (rows: readonly ScoreRow[], fitted?: ClassFitted) =>
    classify(table, rows.filter(isKnown), fitted, options);
  return {
    fit(rows: readonly ScoreRow[]): AnyFitted {
      const { labels, logits } = classScoresOf(table, rows.filter(isKnown));
      const temperature = fitClassTemperature(labels, logits, classes.length);
      const detection = view && fitDetector(rows);
      return {
        temperature: temperature === 0 ? null : finite(temperature),
        ...(detection && { detection }),
      };
    },
    split: async (rows: readonly ScoreRow[], fitted?: AnyFitted) => ({
      ...(await asClassifier(rows, fitted)),
      ...(view && {
        detection: await asDetector(rows, (fitted as ClassFitted | undefined)?.detection),
      }),
    }),
  };
}

type AnyFitted = Fitted | ClassFitted;

/**
 * The detector's view; undefined where none was named as positive and the scores alone do not say
 * which labels are.
 */
function viewOf(
  table: ScoreTable,
  positive: readonly string[] | undefined,
): BinaryScores | undefined {
  const view = binaryView(table, positive);
  if (!view.ok && positive === undefined) return undefined;
  if (!view.ok) throw new StageError(`${view.error}.`);
  return view.value;
}

/**
 * Measures the images of each value of each slice, the worst value first, values without the metric
 * last.
 */
async function measureSlices(
  rows: readonly ScoreRow[],
  measure: (rows: readonly ScoreRow[]) => Promise<EvaluatedSplit>,
  { sliceBy }: EvaluateOptions,
) {
  const names = new Set<string>();
  for (const { slices } of rows)
    if (slices !== undefined) for (const name of Object.keys(slices)) names.add(name);
  const measured: Record<string, Record<string, EvaluatedSplit>> = {};
  const worstFirst: Record<string, readonly string[]> = {};
  for (const name of names) {
    const named = rows.filter(({ slices }) => slices?.[name] !== undefined);
    const values = groupBy(named, ({ slices }) => slices![name]!);
    const entries: { value: string; numbers: EvaluatedSplit; rank: number | undefined }[] = [];
    for (const [value, rows] of values) {
      const numbers = await measure(rows);
      entries.push({ value, numbers, rank: numberOf(partWith(numbers, sliceBy), sliceBy) });
    }
    const sign = findMetric(sliceBy)!.better === 'lower' ? -1 : 1;
    const last = Number.POSITIVE_INFINITY;
    entries.sort((a, b) => compare(sign * (a.rank ?? sign * last), sign * (b.rank ?? sign * last)));
    const order = entries.map(({ value }) => value);
    measured[name] = Object.fromEntries(entries.map(({ value, numbers }) => [value, numbers]));
    if (order.join('\n') !== Object.keys(measured[name]).join('\n')) worstFirst[name] = order;
  }
  return { slices: measured, worstFirst };
}

/**
 * The measures of a split, or those of its detection, that include a metric, even if null. Throws a
 * {@link StageError} for none.
 */
export function partWith(split: EvaluatedSplit, name: string): EvaluatedSplit {
  const parts = [split, ...('detection' in split && split.detection ? [split.detection] : [])];
  const numbers = parts.find((part) => name in part);
  if (numbers !== undefined) return numbers;
  const names = new Set(
    parts.flatMap((part) => Object.keys(part)).filter((name) => findMetric(name) !== undefined),
  );
  throw new StageError(
    `Expected a metric of the slices as "sliceBy", got "${name}". ${thereAre(name, names)}`,
  );
}

/** A number of a split by its name; undefined where it has none. */
export function numberOf(split: object, name: string): number | undefined {
  const value: unknown = (split as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'number' ? value : undefined;
}

/**
 * The `metrics` output: if groups or videos are judged, the counts are called so, and `images` has
 * the measures of the images of videos.
 */
export function metricsOf(evaluation: Evaluation, by: Unit, ofImages?: Evaluation): unknown {
  if (by === 'image') return evaluation;
  const images = ofImages && { images: { splits: ofImages.splits } };
  return { ...(renameCounts(evaluation, `${by}s`) as object), ...images };
}

function renameCounts(value: unknown, unit: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name === 'images' && typeof part === 'number' ? unit : name,
      renameCounts(part, unit),
    ]),
  );
}
