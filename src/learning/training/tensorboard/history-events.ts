import type { History } from '../history.ts';
import { trainSplit } from '../split-names.ts';
import { eventFile, type ScalarEvent } from './event-file.ts';

/**
 * A history as TensorBoard reads it: event files by their path in its log folder. Each split is a run of its own, so that
 * the curves of all splits share a panel; the steps are epochs. The training split's has the running values and the learning
 * rate, too.
 */
export function historyEvents({ splits, epochs }: History): ReadonlyMap<string, Buffer> {
  const runs = [...new Set([trainSplit, ...splits])];
  return new Map(
    runs.map((run) => {
      const events = epochs.flatMap(({ epoch, learningRate, running, splits: values }): ScalarEvent[] => {
        const { loss, accuracy } = values[run] ?? {};
        const scalars = {
          loss,
          accuracy,
          ...(run === trainSplit && {
            running_loss: running.loss,
            running_accuracy: running.accuracy,
            learning_rate: learningRate,
          }),
        };
        return Object.entries(scalars).flatMap(([tag, value]) =>
          value === undefined ? [] : [{ tag, step: epoch, value }],
        );
      });
      return [`${run}/events.out.tfevents.0.restage`, eventFile(events)];
    }),
  );
}
