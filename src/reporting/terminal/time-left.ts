import {
  formatCount,
  formatPercent,
  formatRate,
  formatWholeSeconds,
  shareDone,
} from '../../format-numbers.ts';
import { type Pace, rateOf } from '../pace.ts';

/**
 * How far some work is, the most telling part first: `52 %`, `epoch 2/5, loss 0.41`, `4 s left`,
 * `13/25 steps`, `3 steps/s`
 */
export function progressParts(pace: Pace): readonly string[] {
  const { progress, samples } = pace;
  if (progress === undefined) return [];
  const { done, total, unit, note } = progress;
  const rate = progress.rate ?? rateOf(pace);
  // The first units are slow: after ten seconds they say little.
  const isSteady = (samples.at(-1)?.time ?? 0) - (samples[0]?.time ?? 0) >= 10_000;
  const estimate = isSteady && rate !== undefined ? Math.max(0, total - done) / rate : undefined;
  const secondsLeft = progress.secondsLeft ?? estimate;
  return [
    formatPercent(shareDone(progress)).trim(),
    ...(note === undefined ? [] : [note]),
    ...(secondsLeft === undefined ? [] : [`${formatWholeSeconds(secondsLeft)} left`]),
    `${formatCount(done)}/${formatCount(total)} ${unit}`,
    ...(rate === undefined ? [] : [formatRate(rate, unit)]),
  ];
}
