import { StageError } from '../../../src/stage.ts';
import { thereAre } from '../../../src/suggest.ts';
import { groupOver } from '../inputs.ts';
import type { MetricItem } from './read-metrics.ts';

/** A number against an axis, a line for each combination of the other labels. */
export interface Lines {
  /** The axis from left to right. */
  readonly axis: string;
  /** Axes whose values are the runs of one line. */
  readonly over: readonly string[];
  readonly lines: readonly Line[];
}

export interface Line {
  readonly labels: MetricItem['labels'];
  /** From the least on. */
  readonly points: readonly Point[];
}

/** One run's number with its interval, or the mean of several from the least to the greatest. */
export interface Point {
  readonly x: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** Of one run's interval, where its metrics say so. */
  readonly confidence?: number;
  readonly runs: number;
}

/** Throws a {@link StageError} where no axis, or more than one, could be what the number is drawn against. */
export function linesAgainst(
  items: readonly MetricItem[],
  { against, over }: { readonly against?: string | undefined; readonly over: readonly string[] },
): Lines {
  const axis = against ?? onlyAxis(items, over);
  const axes = axesOf(items);
  if (!axes.includes(axis)) {
    throw new StageError(`Expected an axis of the metrics in "against", got "${axis}". ${thereAre(axis, axes)}`);
  }
  const strange = items.find(({ labels }) => !isNumber(labels[axis]));
  if (strange !== undefined) {
    throw new StageError(`Expected numbers on the axis "${axis}", got "${strange.labels[axis] ?? 'none'}".`);
  }
  const lines = groupOver(items, [axis, ...over]);
  return { axis, over, lines: lines.map(({ labels, items }) => ({ labels, points: pointsOf(items, axis) })) };
}

function pointsOf(items: readonly MetricItem[], axis: string): readonly Point[] {
  const places = [...new Set(items.map(({ labels }) => Number(labels[axis])))].sort((a, b) => a - b);
  return places.map((x) => {
    const own = items.filter(({ labels }) => Number(labels[axis]) === x);
    const values = own.map(({ value }) => value);
    const [{ interval, confidence } = {}] = own;
    const ends = own.length > 1 ? ([Math.min(...values), Math.max(...values)] as const) : interval;
    const value = values.reduce((sum, one) => sum + one, 0) / values.length;
    return {
      x,
      value,
      runs: own.length,
      ...(ends && { low: ends[0], high: ends[1] }),
      ...(own.length === 1 && confidence !== undefined && { confidence }),
    };
  });
}

function onlyAxis(items: readonly MetricItem[], over: readonly string[]): string {
  const fitting = axesOf(items).filter((axis) => {
    const values = new Set(items.map(({ labels }) => labels[axis]));
    return !over.includes(axis) && values.size > 1 && [...values].every(isNumber);
  });
  if (fitting.length === 1) return fitting[0]!;
  throw new StageError(
    `Expected one axis of numbers to draw against, got ${fitting.length === 0 ? 'none' : fitting.join(', ')}: name it by "against".`,
  );
}

const axesOf = (items: readonly MetricItem[]) => [...new Set(items.flatMap(({ labels }) => Object.keys(labels)))];
const isNumber = (text: string | undefined): boolean =>
  text !== undefined && text.trim() !== '' && Number.isFinite(Number(text));
