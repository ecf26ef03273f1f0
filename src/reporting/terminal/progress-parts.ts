import { formatPercent, formatRate, formatWholeSeconds, shareDone } from '../../format-numbers.ts';
import type { RunningStage } from './running-stages.ts';

/** How far a stage is, in parts: `52 %`, `13/25 steps`, `3.20 steps/s`, `4 s left`, `epoch 2/5`. Empty without a report. */
export function progressParts({ progress, pace }: RunningStage): readonly string[] {
  if (progress === undefined) return [];
  const { rate = pace.rate, secondsLeft = pace.secondsLeft } = progress;
  return [
    formatPercent(shareDone(progress)).trim(),
    `${progress.done.toLocaleString('en-US')}/${progress.total.toLocaleString('en-US')} ${progress.unit}`,
    ...(rate === undefined ? [] : [formatRate(rate, progress.unit)]),
    ...(secondsLeft === undefined ? [] : [`${formatWholeSeconds(secondsLeft)} left`]),
    ...(progress.note === undefined ? [] : [progress.note]),
  ];
}
