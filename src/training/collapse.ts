import { predictedClasses } from '../metrics/logits.ts';
import type { EpochRecord, History, SplitValues } from './history.ts';
import type { Predictions } from './predict.ts';
import { selectionSplit } from './split-names.ts';

/**
 * The class that every image is called, where the images are of both: what a network settles on that learned nothing, or
 * that no gradient reaches any more. Its accuracy may still look fair. Undefined where it tells some apart.
 */
export function collapsedTo({ labels, logits }: Pick<Predictions, 'labels' | 'logits'>): SplitValues['allCalled'] {
  const predictions = predictedClasses(logits);
  const isOneClass = predictions.every((prediction) => prediction === predictions[0]);
  const areLabelsMixed = labels.some((label) => label !== labels[0]);
  if (!isOneClass || !areLabelsMixed) return undefined;
  return predictions[0] === 0 ? 'real' : 'fake';
}

/** What to say when the last of these epochs is the first to collapse: many do at first, and recover. */
export function firstCollapse(epochs: readonly EpochRecord[]): string | undefined {
  const { epoch } = epochs.find(({ splits }) => splits[selectionSplit]!.allCalled) ?? {};
  if (epoch === undefined || epoch !== epochs.length) return undefined;
  const { allCalled, loss } = epochs[epoch - 1]!.splits[selectionSplit]!;
  const values = `its loss is ${loss.toFixed(4)}, where chance is ${Math.LN2.toFixed(4)}`;
  return `After epoch ${epoch} every image of ${selectionSplit} is called ${allCalled}, ${values}: the network tells nothing apart.`;
}

/** What to say at the end when the epoch that is kept is one that collapsed; undefined when it is not. */
export function collapseKept({ epochs, chosenEpoch }: History): string | undefined {
  const { allCalled } = epochs[chosenEpoch - 1]!.splits[selectionSplit]!;
  if (allCalled === undefined) return undefined;
  const cures = 'Another learning rate, a warm-up, more epochs or another seed may help.';
  return `The network learned nothing: epoch ${chosenEpoch}, which is kept, calls every image of ${selectionSplit} ${allCalled}. ${cures}`;
}
