import type { Progress } from '../stage.ts';

/** How fast some work goes on. Times are milliseconds since the epoch. */
export interface Pace {
  readonly progress?: Progress | undefined;
  /** Progress of the last half minute, which tells the rate. */
  readonly samples: readonly { readonly done: number; readonly time: number }[];
}

/**
 * Milliseconds that the rate looks back: long enough to be steady, short enough to follow a change
 * of phase.
 */
const lookBack = 30_000;
/** Samples closer than this many milliseconds are one. */
const grain = 250;

/**
 * The pace after more progress. A new phase, which counts something else or from 0, begins without
 * samples.
 */
export function paceAfter(
  { samples, progress: last }: Pace,
  progress: Progress,
  time: number,
): Pace {
  const isNewPhase =
    last !== undefined && (progress.unit !== last.unit || progress.done < last.done);
  const kept = isNewPhase ? [] : samples;
  const [before, latest] = kept.slice(-2);
  const isDense = before !== undefined && latest !== undefined && latest.time - before.time < grain;
  const all = [...(isDense ? kept.slice(0, -1) : kept), { done: progress.done, time }];
  const recent = all.findIndex((_, index) => (all[index + 1]?.time ?? time) >= time - lookBack);
  return { progress, samples: all.slice(recent) };
}

/** Units a second over the last half minute; undefined before the first second of progress. */
export function rateOf({ samples }: Pace): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const seconds = (last.time - first.time) / 1000;
  const done = last.done - first.done;
  return seconds >= 1 && done > 0 ? done / seconds : undefined;
}
