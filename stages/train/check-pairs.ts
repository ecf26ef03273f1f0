import { formatCount, formatCountOf } from '../../src/format-numbers.ts';
import {
  countDivided,
  type PairedItem,
  unitsOf,
} from '../../src/learning/training/paired-order.ts';
import { trainSplit } from '../../src/learning/training/splits.ts';
import { trainingOrder } from '../../src/learning/training/training-data.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { TrainSettings } from './spec.ts';

/**
 * Checks that paired batches keep the images of each group together, and warns of groups that the
 * first epoch divides. Throws a {@link StageError} where there are no groups, and for groups that
 * no batch can hold.
 */
export function checkPairs(
  context: StageContext<TrainSettings>,
  samples: readonly PairedItem[],
): void {
  const { batches, batchSize, seed } = context.settings;
  if (batches !== 'paired') return;
  const units = unitsOf(samples);
  const groups = units.filter(({ length }) => length > 1);
  const largest = Math.max(0, ...groups.map(({ length }) => length));
  if (largest === 0) {
    throw new StageError(
      `Expected images of a common group in ${trainSplit} for paired batches, as forge makes them, got none.`,
    );
  }
  if (largest > batchSize) {
    throw new StageError(
      `Expected a "batchSize" of ${largest} or more, so that paired batches hold the images of each group, got ${batchSize}.`,
    );
  }
  const order = trainingOrder(samples, { batches, batchSize, seed }, 1);
  const divided = countDivided(units, order, batchSize);
  if (divided === 0) {
    context.log(
      `Paired batches keep the images of ${formatCountOf(groups.length, 'group')} together.`,
    );
    return;
  }
  context.warn(
    `Paired batches divide ${formatCount(divided)} of ${formatCountOf(groups.length, 'group')} in the first epoch: where groups have ${largest} images, choose a batch size that is a multiple of ${largest}.`,
  );
}
