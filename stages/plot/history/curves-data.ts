import type { LabelledGroup } from '../../../src/learning/charts/series.ts';
import { mean } from '../../../src/learning/metrics/mean.ts';
import type { History } from '../../../src/learning/training/history.ts';

/** One training with its axis values. */
export interface Run {
  readonly labels: Readonly<Record<string, string>>;
  readonly history: History;
}

export const measures = ['accuracy', 'loss'] as const;
export type Measure = (typeof measures)[number];

/** A point of a line. */
export interface CurveRow {
  readonly split: string;
  readonly measure: Measure;
  readonly epoch: number;
  /** The mean, where there are several runs. */
  readonly value: number;
  /** Ends of the band, and how many runs got so far; where there are several. */
  readonly low?: number;
  readonly high?: number;
  readonly runs?: number;
}

/** Of a band: least and greatest value, or one standard deviation to each side of the mean. */
export type Band = 'range' | 'deviation';

/** The lines of a group, split by split: of its one run, or of the mean of its runs, a band about it. */
export function linesOf({ items }: LabelledGroup<Run>, splits: readonly string[], band: Band): readonly CurveRow[] {
  const last = Math.max(...items.map(({ history }) => history.epochs.at(-1)!.epoch));
  const epochs = Array.from({ length: last }, (_, index) => index + 1);
  return splits.flatMap((split) =>
    measures.flatMap((measure) =>
      epochs.flatMap((epoch) => {
        const values = items.flatMap((run) => valueAt(run, split, measure, epoch) ?? []);
        if (values.length === 0) return [];
        const value = rounded(mean(values));
        const ends = items.length > 1 ? { ...bandOf(values, band), runs: values.length } : {};
        return [{ split, measure, epoch, value, ...ends }];
      }),
    ),
  );
}

/** Each run's values at the epoch that was kept. */
export function keptOf({ items }: LabelledGroup<Run>, splits: readonly string[]): readonly CurveRow[] {
  return items.flatMap((run) =>
    splits.flatMap((split) =>
      measures.flatMap((measure) => {
        const epoch = run.history.chosenEpoch;
        const value = valueAt(run, split, measure, epoch);
        return value === undefined ? [] : [{ split, measure, epoch, value: rounded(value) }];
      }),
    ),
  );
}

/** Undefined where the run ended before, or does not monitor the split. */
export function valueAt({ history }: Run, split: string, measure: Measure, epoch: number): number | undefined {
  return history.epochs.find((record) => record.epoch === epoch)?.splits[split]?.[measure];
}

function bandOf(values: readonly number[], band: Band): { readonly low: number; readonly high: number } {
  if (band === 'range') return { low: rounded(Math.min(...values)), high: rounded(Math.max(...values)) };
  const middle = mean(values);
  const squares = values.reduce((sum, other) => sum + (other - middle) ** 2, 0);
  const deviation = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
  return { low: rounded(middle - deviation), high: rounded(middle + deviation) };
}

/** More than can be seen, in a file of half the size. */
const rounded = (value: number) => Number(value.toPrecision(7));
