import { formatDecimal } from '../../format-numbers.ts';
import { predictedClasses } from '../metrics/arithmetic/logits.ts';
import type { EpochRecord, History, SplitValues } from './history.ts';
import type { LabelledLogits } from './predict.ts';
import { type SplitImages, selectionSplit, totalOf } from './splits.ts';

/**
 * The class that every image is called, though there are others: nothing was learned, or no
 * gradient is left. Undefined if there is none.
 */
export function allCalledBy(
  { labels, logits }: LabelledLogits,
  classes: readonly string[],
): SplitValues['allCalled'] {
  const predictions = predictedClasses(logits, classes.length);
  const isOneClass = predictions.every((prediction) => prediction === predictions[0]);
  const areLabelsMixed = labels.some((label) => label !== labels[0]);
  if (!isOneClass || !areLabelsMixed) return undefined;
  return classes[predictions[0]!];
}

/**
 * The loss of the best constant answer to these counts of images by class, the entropy of their
 * shares in nats: 1 and 2 give 0.6365.
 */
export function constantLoss(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce(
    (sum, count) => sum - (count === 0 ? 0 : (count / total) * Math.log(count / total)),
    0,
  );
}

/**
 * Whether a network that calls every image one class learned nothing: its loss is not significantly
 * below that of the best constant answer. If one class is rare, a network may call no image by it
 * and still separate the classes. Twice the gain in log likelihood is compared with chi-squared of
 * one degree of freedom at 95 % (Wilks 1938).
 */
export const isNearConstant = (loss: number, images: SplitImages): boolean =>
  2 * totalOf(images) * (constantLoss(Object.values(images)) - loss) <= 3.84;

/**
 * The class that a network which learned nothing calls all of val; undefined where it learned
 * something.
 */
export function collapseOf(
  { splits }: EpochRecord,
  images: History['images'],
): SplitValues['allCalled'] {
  const { allCalled, loss } = splits[selectionSplit] ?? {};
  const counts = images?.[selectionSplit];
  // Without counts, as in older histories, the loss cannot be judged.
  return allCalled === undefined || counts === undefined || isNearConstant(loss!, counts)
    ? allCalled
    : undefined;
}

/** Many trainings collapse at first and recover: fewer epochs in a row are no news. */
const lastingEpochs = 3;

/** The warning when the last of these epochs is the third in a row to collapse. */
export function lastingCollapse(
  epochs: readonly EpochRecord[],
  images: History['images'],
): string | undefined {
  const sound = epochs.findLastIndex((epoch) => collapseOf(epoch, images) === undefined);
  if (epochs.length - 1 - sound !== lastingEpochs) return undefined;
  const last = epochs.at(-1)!;
  return `After epoch ${last.epoch} the network still separates nothing: it calls ${collapseWords(last, images)}.`;
}

/** The warning at the end when the kept epoch is one that collapsed; undefined otherwise. */
export function collapseKept({ epochs, chosenEpoch, images }: History): string | undefined {
  const kept = epochs[chosenEpoch - 1]!;
  if (collapseOf(kept, images) === undefined) return undefined;
  return `The network learned nothing: epoch ${chosenEpoch}, which is kept, calls ${collapseWords(kept, images)}. ${cures}`;
}

export const cures = 'Another learning rate, a warm-up, more epochs or another seed may help.';

const collapseWords = ({ splits }: EpochRecord, images: History['images']): string =>
  oneClassWords(
    splits[selectionSplit]!.allCalled!,
    splits[selectionSplit]!.loss,
    images![selectionSplit]!,
  );

/** `every image of val cat, with a loss of 0.6931, where the best constant answer has 0.6365`. */
export function oneClassWords(called: string, loss: number, images: SplitImages): string {
  const best = formatDecimal(constantLoss(Object.values(images)), 4);
  return `every image of ${selectionSplit} ${called}, with a loss of ${formatDecimal(loss, 4)}, where the best constant answer has ${best}`;
}
