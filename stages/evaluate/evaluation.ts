import { fitTemperature } from '../../src/learning/metrics/calibration/temperature.ts';
import { accuracy, confusion } from '../../src/learning/metrics/confusion.ts';
import { logitDifferences, type ScoreScale, scaleOf } from '../../src/learning/metrics/logits.ts';
import { equalErrorRate, youdenThreshold } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { countAtThresholds, rankScores } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { selectionSplit } from '../../src/learning/training/split-names.ts';
import { finite, type IntervalOptions, type Measured, measure, measureAuc, type Scored, scoredOf } from './measure.ts';
import { type AtThreshold, metricsAt, type SplitMetrics, splitMetrics, tempered } from './split-metrics.ts';

/** The content of the `metrics` output. */
export interface Evaluation {
  /** Of all intervals. */
  readonly confidence: number;
  /** The epoch whose weights were evaluated, the best on val, with the accuracies; absent if none was trained. */
  readonly chosenEpoch?: { readonly epoch: number; readonly accuracy: Readonly<Record<string, number | null>> };
  /** Absent if val is not evaluated, or has one class only. */
  readonly fittedOnVal?: Fitted;
  readonly splits: Readonly<Record<string, EvaluatedSplit>>;
}

/** What was fitted to the validation split, and to no other. */
export interface Fitted {
  /** The difference of the scores, fake less real, at which both error rates are equal. */
  readonly equalErrorThreshold: number | null;
  /** The difference with the highest balanced accuracy. */
  readonly youdenThreshold: number | null;
  /** The divisor of the logits with the lowest loss, 1 leaving them as they are; null if there is none. */
  readonly temperature: number | null;
}

/** The metrics of a split, and on splits other than val, what the fitted values give there. */
export type EvaluatedSplit = SplitMetrics & {
  readonly atValEqualErrorThreshold?: AtThreshold;
  readonly atValYoudenThreshold?: AtThreshold;
  readonly withValTemperature?: ReturnType<typeof tempered>;
  /** Present if a class has several. */
  readonly sources?: Readonly<Record<string, SourceMetrics>>;
};

export interface EvaluationOptions extends IntervalOptions {
  readonly splits: readonly string[];
  /** 0 if none was trained. */
  readonly chosenEpoch: number;
}

export function evaluate(rows: readonly ScoreRow[], options: EvaluationOptions): Evaluation {
  const { splits: names, confidence, chosenEpoch } = options;
  const scale = scaleOf(rows);
  const rowsOf = (name: string) => rows.filter(({ split }) => split === name);
  const fitted = names.includes(selectionSplit) ? fitTo(scoredOf(rowsOf(selectionSplit), scale)) : undefined;
  const splits = Object.fromEntries(
    names.map((name): [string, EvaluatedSplit] => {
      const own = rowsOf(name);
      const scored = scoredOf(own, scale);
      const sources = sourceMetrics(own, scale, options);
      return [
        name,
        {
          ...splitMetrics(scored, options),
          // Omitted for val itself, where they would be optimistic.
          ...(fitted !== undefined && name !== selectionSplit && apply(fitted, scored, options)),
          ...(Object.keys(sources).length > 0 && { sources }),
        },
      ];
    }),
  );
  const accuracies = Object.fromEntries(names.map((name) => [name, splits[name]!.accuracy]));
  return {
    confidence,
    ...(chosenEpoch > 0 && { chosenEpoch: { epoch: chosenEpoch, accuracy: accuracies } }),
    ...(fitted !== undefined && { fittedOnVal: fitted }),
    splits,
  };
}

/** Undefined if a class is missing. */
function fitTo({ labels, differences, logits }: Scored): Fitted | undefined {
  if (new Set(labels).size < 2) return undefined;
  const temperature = fitTemperature(labels, logitDifferences(logits));
  const counts = countAtThresholds(labels, differences);
  return {
    equalErrorThreshold: finite(equalErrorRate(counts).threshold),
    youdenThreshold: finite(youdenThreshold(counts).threshold),
    temperature: temperature === 0 ? null : finite(temperature),
  };
}

function apply(fitted: Fitted, scored: Scored, options: IntervalOptions): Partial<EvaluatedSplit> {
  const { equalErrorThreshold, youdenThreshold, temperature } = fitted;
  return {
    ...(equalErrorThreshold !== null && { atValEqualErrorThreshold: metricsAt(equalErrorThreshold, scored, options) }),
    ...(youdenThreshold !== null && { atValYoudenThreshold: metricsAt(youdenThreshold, scored, options) }),
    ...(temperature !== null && { withValTemperature: tempered(scored, temperature, options) }),
  };
}

/**
 * The metrics of one source of a split. Its share that is called right counts its own images alone; its ranking, if it has
 * one class, compares them with all images of the other class: forgeries of one method with every real image, as is usual
 * (Rössler et al. 2019, "FaceForensics++", table 5), and one camera's real images with every forgery.
 */
export type SourceMetrics = {
  readonly class: Class;
  /** Its own. */
  readonly images: number;
  /** The images of the other class that it is compared with. */
  readonly against: number;
} & Measured<'calledRight' | 'auc' | 'equalErrorRate'>;

type Class = 'real' | 'fake' | 'both';

/** The sources of every class with more than one; the only source of a class is what the whole split shows. */
function sourceMetrics(
  rows: readonly ScoreRow[],
  scale: ScoreScale,
  options: IntervalOptions,
): Readonly<Record<string, SourceMetrics>> {
  const names = new Set(rows.flatMap(({ source }) => source ?? []));
  const sources = Array.from(names, (name) => {
    const own = rows.filter(({ source }) => source === name);
    const labels = new Set(own.map(({ label }) => label));
    return { name, own, of: labels.size === 2 ? 'both' : labels.has(1) ? 'fake' : 'real' } as const;
  });
  const shares = (one: Class, other: Class) => one === other || one === 'both' || other === 'both';
  const several = sources.filter(({ of }) => sources.filter((other) => shares(of, other.of)).length > 1);
  return Object.fromEntries(
    several.map(({ name, own, of }) => {
      const others = of === 'both' ? [] : rows.filter(({ label }) => label === (of === 'fake' ? 0 : 1));
      const [alone, ranked] = [scoredOf(own, scale), scoredOf([...own, ...others], scale)];
      return [
        name,
        { class: of, images: own.length, against: others.length, ...sourceNumbers(alone, ranked, options) },
      ];
    }),
  );
}

function sourceNumbers(alone: Scored, ranked: Scored, options: IntervalOptions) {
  const ranking = rankScores(ranked.differences);
  const called = measure(
    alone,
    (weights) => ({ calledRight: accuracy(confusion(alone.labels, alone.predictions, { weights })) }),
    options,
  );
  const error = measure(
    ranked,
    (weights) => ({ equalErrorRate: equalErrorRate(countAtThresholds(ranked.labels, ranking, { weights })).rate }),
    options,
  );
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
