import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import type { MeasuredModel } from './measure.ts';

/** What the charts draw as one: a model, or the runs that `over` puts together. */
export interface Line {
  readonly name: string;
  readonly runs: readonly MeasuredModel[];
}

/** A number of a line: of one run with its interval; of several their mean, with the least and the greatest as ends. */
export function numberOf({ runs }: Line, pick: (run: MeasuredModel) => Interval): Interval {
  if (runs.length === 1) return pick(runs[0]!);
  const values = runs.map((run) => pick(run).estimate);
  const estimate = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { estimate, low: Math.min(...values), high: Math.max(...values), method: pick(runs[0]!).method };
}

/** The line with the least of a number, the first of equals. */
export function leastOf(lines: readonly Line[], pick: (run: MeasuredModel) => Interval): Line {
  return lines.toSorted((a, b) => numberOf(a, pick).estimate - numberOf(b, pick).estimate)[0]!;
}

export const runsOf = (lines: readonly Line[]): readonly MeasuredModel[] => lines.flatMap(({ runs }) => runs);

/** Whether a line is several runs. */
export const haveRuns = (lines: readonly Line[]): boolean => lines.some(({ runs }) => runs.length > 1);
