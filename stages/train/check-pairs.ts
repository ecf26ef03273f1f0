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
 * Checks that paired batches keep the images of each pair together, and warns of pairs that the
 * first epoch divides. Throws a {@link StageError} where there are no pairs, and for those that no
 * batch can hold. A pair may have more than two images.
 */
export function checkPairs(
  context: StageContext<TrainSettings>,
  samples: readonly PairedItem[],
): void {
  const { batches, batchSize, seed } = context.settings;
  if (batches !== 'paired') return;
  const units = unitsOf(samples);
  const pairs = units.filter(({ length }) => length > 1);
  const largest = Math.max(0, ...pairs.map(({ length }) => length));
  if (largest === 0) {
    throw new StageError(
      `Expected pairs of images in ${trainSplit} for paired batches, as forge makes them, or images of a common group, got none.`,
    );
  }
  if (largest > batchSize) {
    throw new StageError(
      `Expected a "batchSize" of ${largest} or more, so that paired batches hold the images of each pair, got ${batchSize}.`,
    );
  }
  const order = trainingOrder(samples, { batches, batchSize, seed }, 1);
  const divided = countDivided(units, order, batchSize);
  if (divided === 0) {
    context.log(
      `Paired batches keep the images of ${formatCountOf(pairs.length, 'pair')} together.`,
    );
    return;
  }
  context.warn(
    `Paired batches divide ${formatCount(divided)} of ${formatCountOf(pairs.length, 'pair')} in the first epoch: where pairs have ${largest} images, choose a batch size that is a multiple of ${largest}.`,
  );
}
