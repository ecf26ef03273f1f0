import {
  aucInterval,
  oneSidedEnds,
  perfectAreaBound,
} from '../../src/learning/metrics/intervals/auc-interval.ts';
import {
  type Form,
  type Resampled,
  resample,
  resultOf,
} from '../../src/learning/metrics/intervals/bootstrap.ts';
import {
  type Interval,
  type IntervalOptions,
  intervalPair,
} from '../../src/learning/metrics/intervals/interval.ts';
import { resampleInThreads } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import { metricIntervals } from '../../src/learning/metrics/metric-intervals.ts';
import type { RankedScores } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { Statistics } from '../../src/learning/metrics/split-statistics.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import type { EvaluateSettings } from './spec.ts';

export interface EvaluateOptions extends IntervalOptions {
  /** The metric by which slices are sorted. */
  readonly sliceBy: EvaluateSettings['sliceBy'];
  /** At most, for large splits; the numbers are the same for any number of them. */
  readonly threads: number;
  readonly positive?: readonly string[] | undefined;
}

export type Pair = readonly [low: number, high: number];

/**
 * Numbers as a metrics file holds them: null if undefined, with their intervals by the same names.
 */
export type Measured<Name extends string> = Readonly<Record<Name, number | null>> & {
  /** Null if the images do not determine it. */
  readonly intervals: Readonly<Partial<Record<Name, Pair | null>>>;
};

/** What is known of how a statistic varies beyond its name. */
export type Forms = Readonly<Record<string, Form>>;

/** The class of each image, and its group where it has one. */
interface Images {
  readonly labels: ArrayLike<number>;
  readonly groups: readonly (string | undefined)[];
}

/** Statistics of some images, each with its interval by resampling the images, or their groups. */
export const measure = <Name extends string>(
  { labels, groups }: Images,
  statistics: Statistics<Name>,
  { confidence, draws, seed }: IntervalOptions,
  forms?: Forms,
): Measured<Name> =>
  withIntervals(resample({ labels, groups, draws, seed }, statistics), confidence, forms);

/**
 * Resamples all statistics of a split at once, in threads that `draw-split-worker.ts` prepares by
 * `data`. `part` gives some of them with their intervals.
 */
export async function measureSplit<Value>(
  { labels, groups }: Images,
  makeStatistics: () => (weights: Uint8Array) => Value,
  data: object,
  {
    confidence,
    draws,
    seed,
    threads,
    worthwhile,
  }: EvaluateOptions & { readonly worthwhile?: number },
) {
  const sample = { labels, groups, draws, seed };
  const resampled = await resampleInThreads(sample, makeStatistics, {
    threads,
    start: () => startWorker(import.meta.url, 'draw-split-worker', { sample, ...data }),
    ...(worthwhile !== undefined && { worthwhile }),
  });
  const part = <Name extends string>(
    of: (all: Value) => Readonly<Record<Name, number>>,
    forms?: Forms,
  ) => withIntervals(resultOf(resampled, of), confidence, forms);
  return { part, estimate: resampled.estimate };
}

function withIntervals<Name extends string>(
  resampled: Resampled<Readonly<Record<Name, number>>>,
  confidence: number,
  forms: Forms = {},
): Measured<Name> {
  const estimates = metricIntervals(resampled, confidence, forms);
  const names = Object.keys(estimates) as Name[];
  const bound = perfectAreaBound(resampled.units.all, confidence);
  const valuesOf = <Value>(measured: (name: Name) => Value) =>
    Object.fromEntries(names.map((name) => [name, measured(name)])) as Readonly<
      Record<Name, Value>
    >;
  return {
    ...valuesOf((name) => finite(estimates[name].estimate)),
    intervals: valuesOf((name) => pairOf(name, estimates[name], bound)),
  };
}

/**
 * The ends of an interval; a share of images of 0 or 1, whose draws are all equal, has the
 * one-sided bound of Clopper and Pearson 1934.
 */
function pairOf(name: string, interval: Interval, bound: number): Pair | null {
  const { perImage = false, isSkewed = false } = findMetric(name) ?? {};
  const isEnd = interval.estimate === 0 || interval.estimate === 1;
  return perImage && !isSkewed && isEnd
    ? oneSidedEnds(interval.estimate, bound)
    : intervalPair(interval);
}

/** The area under the ROC curve with its interval, which needs no draws. */
export function measureAuc(
  { labels, groups, ranking }: Images & { readonly ranking: RankedScores },
  { confidence }: IntervalOptions,
): Measured<'auc'> {
  const interval = aucInterval({ labels, groups }, ranking, confidence);
  return { auc: finite(interval.estimate), intervals: { auc: intervalPair(interval) } };
}

/** Two sets of measures as one. */
export const merge = <One extends Measured<never>, Other extends Measured<never>>(
  first: One,
  second: Other,
) => ({
  ...first,
  ...second,
  intervals: { ...first.intervals, ...second.intervals } as One['intervals'] & Other['intervals'],
});

/** JSON has no NaN. */
export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
