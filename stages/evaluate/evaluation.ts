import { fitTemperature } from '../../src/learning/metrics/calibration/temperature.ts';
import { accuracy, confusion } from '../../src/learning/metrics/confusion.ts';
import { resultOf } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { resampleInThreads } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { logitDifferences, type ScoreScale, scaleOf } from '../../src/learning/metrics/logits.ts';
import { equalErrorRate, youdenThreshold } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { countAtThresholds, countDraws } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { finite, type IntervalOptions, measure, measureAuc, type Scored, scoredOf, withIntervals } from './measure.ts';
import { type Fitted, metricsAt, predictionsAt, splitMetrics, splitStatistics } from './split-metrics.ts';

/** The content of the `metrics` output. */
export type Evaluation = Awaited<ReturnType<typeof evaluate>>;
export type EvaluatedSplit = Awaited<ReturnType<typeof evaluateSplit>>;

interface EvaluateOptions extends IntervalOptions {
  /** At most, for large splits; the numbers are the same for any number of them. */
  readonly threads: number;
}

/** Evaluates splits; `chosenEpoch` is the one whose weights were evaluated, the best on val, or 0 if none was trained. */
export async function evaluate(
  rows: readonly ScoreRow[],
  options: EvaluateOptions & { readonly splits: readonly string[]; readonly chosenEpoch: number },
) {
  const { splits: names, confidence, chosenEpoch } = options;
  const scale = scaleOf(rows);
  const rowsOf = (name: string) => rows.filter(({ split }) => split === name);
  const fittedOnVal = names.includes(selectionSplit) ? fitTo(scoredOf(rowsOf(selectionSplit), scale)) : undefined;
  const splits: Record<string, EvaluatedSplit> = {};
  for (const name of names) {
    // Omitted for val itself, where they would be optimistic.
    const fitted = name === selectionSplit ? undefined : fittedOnVal;
    splits[name] = await evaluateSplit(rowsOf(name), scale, fitted, options);
  }
  const accuracies = Object.fromEntries(names.map((name) => [name, splits[name]!.accuracy]));
  return {
    confidence,
    ...(chosenEpoch > 0 && { chosenEpoch: { epoch: chosenEpoch, accuracy: accuracies } }),
    ...(fittedOnVal && { fittedOnVal }),
    splits,
  };
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

/** The metrics of a split, and what the fitted values give there. */
async function evaluateSplit(
  rows: readonly ScoreRow[],
  scale: ScoreScale,
  fitted: Fitted | undefined,
  options: EvaluateOptions,
) {
  const scored = scoredOf(rows, scale);
  const sources = sourceMetrics(rows, scale, options);
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
      options,
    ),
    ...(atEqualError && {
      atValEqualErrorThreshold: metricsAt(
        at(fitted!.equalErrorThreshold),
        scored,
        measured(({ atEqualError }) => atEqualError!),
      ),
    }),
    ...(atYouden && {
      atValYoudenThreshold: metricsAt(
        at(fitted!.youdenThreshold),
        scored,
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
function sourceMetrics(rows: readonly ScoreRow[], scale: ScoreScale, options: IntervalOptions) {
  const names = new Set<string>();
  for (const { source } of rows) if (source !== undefined) names.add(source);
  const sources = Array.from(names, (name) => {
    const own = rows.filter(({ source }) => source === name);
    const labels = new Set(own.map(({ label }) => label));
    return { name, own, of: labels.size === 2 ? 'both' : labels.has(1) ? 'fake' : 'real' } as const;
  });
  const share = (one: string, other: string) => one === other || one === 'both' || other === 'both';
  const several = sources.filter(({ of }) => sources.filter((other) => share(of, other.of)).length > 1);
  return Object.fromEntries(
    several.map(({ name, own, of }) => {
      const others = of === 'both' ? [] : rows.filter(({ label }) => label === (of === 'fake' ? 0 : 1));
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
export function metricsOf(evaluation: Evaluation, by: 'image' | 'group'): object {
  if (by === 'image') return evaluation;
  const counting = <T extends { readonly images: number }>({ images, ...rest }: T) => ({ groups: images, ...rest });
  const mapped = <T, U>(entries: Readonly<Record<string, T>>, change: (item: T) => U) =>
    Object.fromEntries(Object.entries(entries).map(([name, item]) => [name, change(item)]));
  const splits = mapped(evaluation.splits, ({ sources, ...split }) => ({
    ...counting(split),
    ...(sources !== undefined && { sources: mapped(sources, counting) }),
  }));
  return { ...evaluation, splits };
}
