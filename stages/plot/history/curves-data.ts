import type { LabelledGroup } from '../../../src/learning/charts/series.ts';
import { mean, sampleVariance } from '../../../src/learning/metrics/arithmetic/mean.ts';
import type { History } from '../../../src/learning/training/history.ts';

/** One training with its axis values. */
export interface Run {
  readonly labels: Readonly<Record<string, string>>;
  readonly history: History;
}

export const measures = ['accuracy', 'loss'] as const;
export type Measure = (typeof measures)[number];

/**
 * A point of a line: the value of a run; or the mean of several, the ends of their band, and how
 * many runs got so far.
 */
export interface CurveRow extends PointKey {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly runs?: number;
}

interface PointKey {
  readonly split: string;
  readonly measure: Measure;
  readonly epoch: number;
}

/** From the least to the greatest value, or one standard deviation to each side of the mean. */
export type Band = 'range' | 'deviation';

/**
 * The lines of a group, split by split: those of its one run, or the means of its runs with a band.
 */
export function linesOf(
  { items }: LabelledGroup<Run>,
  splits: readonly string[],
  band: Band,
): readonly CurveRow[] {
  const last = Math.max(...items.map(({ history }) => history.epochs.at(-1)!.epoch));
  const epochs = Array.from({ length: last }, (_, index) => index + 1);
  return splits.flatMap((split) =>
    measures.flatMap((measure) =>
      epochs.flatMap((epoch) => pointOf(items, { split, measure, epoch }, band)),
    ),
  );
}

export function keptOf(
  { items }: LabelledGroup<Run>,
  splits: readonly string[],
): readonly CurveRow[] {
  return items.flatMap((run) =>
    splits.flatMap((split) =>
      measures.flatMap((measure) =>
        pointOf([run], { split, measure, epoch: run.history.chosenEpoch }),
      ),
    ),
  );
}

function pointOf(runs: readonly Run[], key: PointKey, band: Band = 'range'): readonly CurveRow[] {
  const values = runs.flatMap((run) => valueAt(run, key.split, key.measure, key.epoch) ?? []);
  if (values.length === 0) return [];
  const ends = runs.length > 1 ? { ...bandOf(values, band), runs: values.length } : {};
  return [{ ...key, value: rounded(mean(values)), ...ends }];
}

/** Undefined where the run ended before, or does not monitor the split. */
export function valueAt(
  { history }: Run,
  split: string,
  measure: Measure,
  epoch: number,
): number | undefined {
  return history.epochs.find((record) => record.epoch === epoch)?.splits[split]?.[measure];
}

function bandOf(
  values: readonly number[],
  band: Band,
): { readonly low: number; readonly high: number } {
  if (band === 'range')
    return { low: rounded(Math.min(...values)), high: rounded(Math.max(...values)) };
  const middle = mean(values);
  const deviation = values.length < 2 ? 0 : Math.sqrt(sampleVariance(values));
  return { low: rounded(middle - deviation), high: rounded(middle + deviation) };
}

/** Rounds to more digits than can be seen, for a file of half the size. */
const rounded = (value: number) => Number(value.toPrecision(7));
