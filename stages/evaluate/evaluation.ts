import { groupBy } from '../../src/group-by.ts';
import {
  type BinaryRow,
  type BinaryScores,
  binaryView,
  type SideNames,
} from '../../src/learning/metrics/binary-view.ts';
import { fitClassTemperature, fitTemperature } from '../../src/learning/metrics/calibration/temperature.ts';
import { classScoresOf } from '../../src/learning/metrics/classification/class-scores.ts';
import { accuracy, confusion } from '../../src/learning/metrics/confusion.ts';
import { resultOf } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { resampleInThreads } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { logitDifferences, type ScoreScale, scaleOf } from '../../src/learning/metrics/logits.ts';
import { betterFirst, findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import { equalErrorRate, youdenThreshold } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { countAtThresholds, countDraws } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { ScoreRow, ScoreTable } from '../../src/learning/metrics/scores-file.ts';
import { type Fitted, type Scored, scoredOf, splitStatistics } from '../../src/learning/metrics/split-statistics.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { StageError } from '../../src/stage.ts';
import { type ClassFitted, classify, openSet } from './class-split.ts';
import { type EvaluateOptions, finite, type IntervalOptions, measure, measureAuc, withIntervals } from './measure.ts';
import { metricsAt, predictionsAt, splitMetrics } from './split-metrics.ts';

/** The content of the `metrics` output. */
export type Evaluation = Awaited<ReturnType<typeof evaluate>>;
export type DetectedSplit = Awaited<ReturnType<typeof detect>>;
export type ClassifiedSplit = Awaited<ReturnType<typeof classify>>;
/** The measures of a split: of two classes those of a detector, of more those of a classifier. */
export type EvaluatedSplit = (DetectedSplit | (ClassifiedSplit & { readonly detection?: DetectedSplit })) & Further;

/** The content where there are two classes. */
export type DetectedEvaluation = Omit<Evaluation, 'splits' | 'fittedOnVal'> & {
  readonly fittedOnVal?: Fitted;
  readonly splits: Readonly<Record<string, DetectedSplit & { readonly real: number; readonly fake: number }>>;
};

/** What is measured of a split besides its classes. */
interface Further {
  /** Images of labels that the model does not know against all others. */
  readonly openSet?: ReturnType<typeof openSet>;
  /** The measures of the images of each value of each slice, the worst first. */
  readonly slices?: Readonly<Record<string, Readonly<Record<string, DetectedSplit | ClassifiedSplit>>>>;
}

/** Evaluates splits; `chosenEpoch` is the one whose weights were evaluated, the best on val, or 0 if none was trained. */
export async function evaluate(
  table: ScoreTable,
  options: EvaluateOptions & { readonly splits: readonly string[]; readonly chosenEpoch: number },
) {
  const { splits: names, confidence, chosenEpoch } = options;
  const measures = measuresOf(table, options);
  const rowsOf = (name: string) => table.rows.filter(({ split }) => split === name);
  const fittedOnVal = names.includes(selectionSplit) ? measures.fit(rowsOf(selectionSplit)) : undefined;
  const splits: Record<string, EvaluatedSplit> = {};
  for (const name of names) {
    // Omitted for val itself, where they would be optimistic.
    const fitted = name === selectionSplit ? undefined : fittedOnVal;
    const rows = rowsOf(name);
    const unknown = openSet(table, rows, options);
    const slices = await measureSlices(rows, measures.slice, options);
    splits[name] = {
      ...(await measures.split(rows, fitted)),
      ...(unknown && { openSet: unknown }),
      ...(Object.keys(slices).length > 0 && { slices }),
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

/** What is measured of the rows of a table: as a detector of two classes, or as a classifier of more, and then perhaps as both. */
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
      split: (rows: readonly ScoreRow[], fitted?: AnyFitted) => asDetector(rows, fitted as Fitted | undefined),
      slice: (rows: readonly ScoreRow[]) => asDetector(rows),
    };
  }
  const asClassifier = (rows: readonly ScoreRow[], fitted?: ClassFitted) =>
    classify(table, rows.filter(isKnown), fitted, options);
  return {
    fit(rows: readonly ScoreRow[]): AnyFitted {
      const { labels, logits } = classScoresOf(table, rows.filter(isKnown));
      const temperature = fitClassTemperature(labels, logits, classes.length);
      const detection = view && fitDetector(rows);
      return { temperature: temperature === 0 ? null : finite(temperature), ...(detection && { detection }) };
    },
    split: async (rows: readonly ScoreRow[], fitted?: AnyFitted) => ({
      ...(await asClassifier(rows, fitted)),
      ...(view && { detection: await asDetector(rows, (fitted as ClassFitted | undefined)?.detection) }),
    }),
    slice: (rows: readonly ScoreRow[]) => asClassifier(rows),
  };
}

type AnyFitted = Fitted | ClassFitted;

/** The detector's view; undefined of more than two classes none of which was named as positive. */
function viewOf(table: ScoreTable, positive: readonly string[] | undefined): BinaryScores | undefined {
  if (positive === undefined && table.classes.length !== 2) return undefined;
  const view = binaryView(table, positive);
  if (!view.ok) throw new StageError(`${view.error}.`);
  return view.value;
}

/** Measures the images of every value of every slice that some image has, the worst value first. */
async function measureSlices(
  rows: readonly ScoreRow[],
  measure: (rows: readonly ScoreRow[]) => Promise<DetectedSplit | ClassifiedSplit>,
  { sliceBy }: EvaluateOptions,
) {
  const names = new Set<string>();
  for (const { slices } of rows) if (slices !== undefined) for (const name of Object.keys(slices)) names.add(name);
  const measured: Record<string, Record<string, DetectedSplit | ClassifiedSplit>> = {};
  for (const name of names) {
    const values = groupBy(
      rows.filter(({ slices }) => slices?.[name] !== undefined),
      ({ slices }) => slices![name]!,
    );
    const entries: [string, DetectedSplit | ClassifiedSplit][] = [];
    for (const [value, own] of values) entries.push([value, await measure(own)]);
    const rank = ([, numbers]: (typeof entries)[number]) => numberOf(numbers, sliceBy) ?? Number.NaN;
    const worstFirst = { better: findMetric(sliceBy)?.better === 'lower' ? 'higher' : 'lower' } as const;
    measured[name] = Object.fromEntries(entries.sort((a, b) => betterFirst(worstFirst, rank(a), rank(b)) || 0));
  }
  return measured;
}

/** A number of a split by its name; undefined where it has none. */
export function numberOf(split: DetectedSplit | ClassifiedSplit, name: string): number | undefined {
  const value: unknown = (split as unknown as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'number' ? value : undefined;
}

/** Values fitted to the validation split only; undefined if a class is missing. */
function fitTo({ labels, ranking, logits }: Scored): Fitted | undefined {
  if (new Set(labels).size < 2) return undefined;
  const temperature = fitTemperature(labels, logitDifferences(logits));
  const counts = countAtThresholds(labels, ranking);
  return {
    equalErrorThreshold: finite(equalErrorRate(counts).threshold),
    youdenThreshold: finite(youdenThreshold(counts).threshold),
    temperature: temperature === 0 ? null : finite(temperature),
  };
}

/** How the two sides of a detector's scores are read. */
interface Sides {
  readonly scale: ScoreScale;
  readonly names: SideNames;
  readonly fitted?: Fitted | undefined;
}

/** The metrics of a detector on a split, and what the fitted values give there. */
async function detect(rows: readonly BinaryRow[], sides: Sides, options: EvaluateOptions) {
  const { scale, names, fitted } = sides;
  const scored = scoredOf(rows, scale);
  const sources = sourceMetrics(rows, sides, options);
  const { confidence, draws, seed, threads } = options;
  const { labels, groups } = scored;
  const sample = { labels, groups, draws, seed };
  const resampled = await resampleInThreads(sample, () => splitStatistics(scored, fitted), {
    threads,
    start: () => startWorker(import.meta.url, 'draw-split-worker', { sample, scored, fitted }),
  });
  const { atEqualError, atYouden, tempered } = resampled.estimate;
  const measured = <Name extends string>(part: (all: typeof resampled.estimate) => Readonly<Record<Name, number>>) =>
    withIntervals(resultOf(resampled, part), groups, confidence);
  const at = (threshold: number | null) => predictionsAt(threshold!, scored);
  return {
    ...splitMetrics(
      scored,
      measured(({ whole }) => whole),
      { ...options, names },
    ),
    ...(atEqualError && {
      atValEqualErrorThreshold: metricsAt(
        at(fitted!.equalErrorThreshold),
        { ...scored, names },
        measured(({ atEqualError }) => atEqualError!),
      ),
    }),
    ...(atYouden && {
      atValYoudenThreshold: metricsAt(
        at(fitted!.youdenThreshold),
        { ...scored, names },
        measured(({ atYouden }) => atYouden!),
      ),
    }),
    ...(tempered && { withValTemperature: measured(({ tempered }) => tempered!) }),
    ...(Object.keys(sources).length > 0 && { sources }),
  };
}

/**
 * The metrics of each source of every class with more than one; the only source of a class is what the whole split shows. The
 * share that is called right counts the source's own images alone; its ranking, if it has one class, compares them with all
 * images of the other class (`against`): forgeries of one method with every real image, as is usual (Rössler et al. 2019,
 * "FaceForensics++", table 5), and one camera's real images with every forgery.
 */
function sourceMetrics(rows: readonly BinaryRow[], { scale, names: [real, fake] }: Sides, options: IntervalOptions) {
  const names = new Set<string>();
  for (const { source } of rows) if (source !== undefined) names.add(source);
  const sources = Array.from(names, (name) => {
    const own = rows.filter(({ source }) => source === name);
    const labels = new Set(own.map(({ label }) => label));
    return { name, own, of: labels.size === 2 ? 'both' : labels.has(1) ? fake : real };
  });
  const share = (one: string, other: string) => one === other || one === 'both' || other === 'both';
  const several = sources.filter(({ of }) => sources.filter((other) => share(of, other.of)).length > 1);
  return Object.fromEntries(
    several.map(({ name, own, of }) => {
      const others = of === 'both' ? [] : rows.filter(({ label }) => label === (of === fake ? 0 : 1));
      const [alone, ranked] = [scoredOf(own, scale), scoredOf([...own, ...others], scale)];
      const numbers = sourceNumbers(alone, ranked, options);
      return [name, { class: of, images: own.length, against: others.length, ...numbers }];
    }),
  );
}

function sourceNumbers(alone: Scored, ranked: Scored, options: IntervalOptions) {
  const counts = countDraws(ranked.labels, ranked.ranking);
  const calledRight = (weights: Uint8Array) => accuracy(confusion(alone.labels, alone.predictions, { weights }));
  const called = measure(alone, (weights) => ({ calledRight: calledRight(weights) }), options);
  const error = measure(ranked, (weights) => ({ equalErrorRate: equalErrorRate(counts(weights)).rate }), options);
  const area = measureAuc(ranked, options);
  return {
    ...called,
    ...area,
    ...error,
    intervals: { ...called.intervals, ...area.intervals, ...error.intervals },
  };
}

/** The `metrics` output: if groups are judged, the counts are called `groups`. */
export const metricsOf = (evaluation: Evaluation, by: 'image' | 'group'): unknown =>
  by === 'image' ? evaluation : countingGroups(evaluation);

function countingGroups(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name === 'images' && typeof part === 'number' ? 'groups' : name,
      countingGroups(part),
    ]),
  );
}
