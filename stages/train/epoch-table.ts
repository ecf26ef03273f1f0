import { formatShare } from '../../src/format-numbers.ts';
import type { EpochRecord, History } from '../../src/learning/training/history.ts';
import { majorityWords } from '../../src/learning/training/splits.ts';
import type { CurvePoint, Highlight } from '../../src/stage.ts';

/** An epoch in the log: `epoch 2/5: running loss 0.6120, val loss 0.6400 accuracy 64.0 %, best so far`. */
export function epochLine({ epoch, running, splits }: EpochRecord, epochs: number, isBest: boolean): string {
  const values = Object.entries(splits).map(
    ([split, { loss, accuracy, allCalled }]) =>
      `${split} loss ${loss.toFixed(4)} accuracy ${formatShare(accuracy)}${allCalled ? ` all called ${allCalled}` : ''}`,
  );
  const parts = [`running loss ${running.loss.toFixed(4)}`, ...values, ...(isBest ? ['best so far'] : [])];
  return `epoch ${epoch}/${epochs}: ${parts.join(', ')}`;
}

/** An epoch as a point of the live curves. */
export function epochPoint({ epoch, splits }: EpochRecord, epochs: number): CurvePoint {
  const values = Object.entries(splits).flatMap(([split, { loss, accuracy }]) => [
    [`${split} accuracy`, accuracy] as const,
    [`${split} loss`, loss] as const,
  ]);
  return { unit: 'epoch', step: epoch, total: epochs, values: Object.fromEntries(values) };
}

/** Accuracy and loss of every monitored split by epoch, the kept one marked. */
export function historyTable({ splits, epochs, chosenEpoch, images }: History): Highlight {
  return {
    title: `Training, epoch ${chosenEpoch} kept${images ? `; majority class ${majorityWords(images)}` : ''}`,
    columns: ['epoch', ...splits.flatMap((split) => [`${split} accuracy`, `${split} loss`]), 'kept'],
    rows: epochs.map(({ epoch, splits: values }) => [
      epoch,
      ...splits.flatMap((split) => [formatShare(values[split]!.accuracy), values[split]!.loss.toFixed(4)]),
      epoch === chosenEpoch ? 'kept' : '',
    ]),
  };
}
