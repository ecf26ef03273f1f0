import { formatCount, formatPercent, formatRate, formatWholeSeconds, shareDone } from '../../format-numbers.ts';
import { rateOf, type StageModel } from '../run-model.ts';

/**
 * How far a stage is, the most telling first, since a narrow terminal cuts the end off: `52 %`, `epoch 2/5, loss 0.41`,
 * `4 s left`, `13/25 steps`, `3.20 steps/s`. Empty before its first report.
 */
export function progressParts(stage: StageModel): readonly string[] {
  const { progress } = stage;
  if (progress === undefined) return [];
  const { done, total, unit, note } = progress;
  const rate = progress.rate ?? rateOf(stage);
  const secondsLeft = progress.secondsLeft ?? (rate === undefined ? undefined : Math.max(0, total - done) / rate);
  return [
    formatPercent(shareDone(progress)).trim(),
    ...(note === undefined ? [] : [note]),
    ...(secondsLeft === undefined ? [] : [`${formatWholeSeconds(secondsLeft)} left`]),
    `${formatCount(done)}/${formatCount(total)} ${unit}`,
    ...(rate === undefined ? [] : [formatRate(rate, unit)]),
  ];
}
