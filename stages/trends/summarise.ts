import { type Share, shareDifference } from '../../src/learning/metrics/intervals/share-difference.ts';
import { collapseOf } from '../../src/learning/training/collapse.ts';
import { curveShape } from '../../src/learning/training/curve-shape.ts';
import type { History } from '../../src/learning/training/history.ts';
import { type SplitImages, selectionSplit } from '../../src/learning/training/splits.ts';

/** The course of each measure on each split: `best` is the highest accuracy or the lowest loss, and the first epoch that has it. */
export function curvesOf({ splits, epochs }: History) {
  return splits.flatMap((split) =>
    (['accuracy', 'loss'] as const).map((measure) => {
      const values = epochs.map((epoch) => epoch.splits[split]![measure]);
      const best = measure === 'accuracy' ? Math.max(...values) : Math.min(...values);
      return {
        ...{ split, measure, shape: curveShape(values), best },
        ...{ first: values[0]!, last: values.at(-1)!, bestEpoch: epochs[values.indexOf(best)]!.epoch },
      };
    }),
  );
}

const testSplit = 'test';

/** The epoch that was kept, with its values on every monitored split. */
export function keptOf({ splits, epochs, chosenEpoch, images }: History, confidence: number) {
  const kept = epochs.find(({ epoch }) => epoch === chosenEpoch)!;
  const each = (of: (split: string) => number): Readonly<Record<string, number>> =>
    Object.fromEntries(splits.map((split) => [split, of(split)]));
  const total = ({ real, fake }: SplitImages) => real + fake;
  const share = (split: string): Share => ({ value: kept.splits[split]!.accuracy, images: total(images![split]!) });
  const majority = (split: string) => Math.max(images![split]!.real, images![split]!.fake) / total(images![split]!);
  const isCompared = images !== undefined && splits.includes(selectionSplit) && splits.includes(testSplit);
  return {
    epochs: epochs.length,
    epoch: chosenEpoch,
    accuracy: each((split) => kept.splits[split]!.accuracy),
    loss: each((split) => kept.splits[split]!.loss),
    /** The accuracy of always answering the larger class; undefined for histories without counts of images. */
    majority: images && each(majority),
    /** Accuracy on val minus accuracy on test, which have different images. */
    difference: isCompared ? shareDifference(share(selectionSplit), share(testSplit), confidence) : undefined,
    /** The one class that every image of val is called at the kept epoch, where the network learned nothing. */
    collapsedTo: collapseOf(kept, images),
    /** The number of epochs after which the network is collapsed. */
    collapsedEpochs: epochs.filter((epoch) => collapseOf(epoch, images) !== undefined).length,
  };
}
