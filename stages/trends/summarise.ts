import { type Share, shareDifference } from '../../src/learning/metrics/intervals/share-difference.ts';
import { collapseOf } from '../../src/learning/training/collapse.ts';
import { type CurveShape, curveShape } from '../../src/learning/training/curve-shape.ts';
import type { History } from '../../src/learning/training/history.ts';
import { type SplitImages, selectionSplit } from '../../src/learning/training/splits.ts';

/** The course of one measure on one split. */
export interface Curve {
  readonly split: string;
  readonly measure: 'accuracy' | 'loss';
  readonly shape: CurveShape;
  readonly first: number;
  readonly last: number;
  /** The highest accuracy or the lowest loss, and the first epoch that has it. */
  readonly best: number;
  readonly bestEpoch: number;
}

export function curvesOf({ splits, epochs }: History): readonly Curve[] {
  return splits.flatMap((split) =>
    (['accuracy', 'loss'] as const).map((measure): Curve => {
      const values = epochs.map((epoch) => epoch.splits[split]![measure]);
      const best = measure === 'accuracy' ? Math.max(...values) : Math.min(...values);
      return {
        ...{ split, measure, shape: curveShape(values), best },
        ...{ first: values[0]!, last: values.at(-1)!, bestEpoch: epochs[values.indexOf(best)]!.epoch },
      };
    }),
  );
}

type BySplit = Readonly<Record<string, number>>;

/** The epoch that was kept, with its values on every monitored split. */
export interface Kept {
  readonly epochs: number;
  readonly epoch: number;
  readonly accuracy: BySplit;
  readonly loss: BySplit;
  /** The accuracy of always answering the larger class; absent of histories without counts of images. */
  readonly majority?: BySplit;
  /** Accuracy on val minus accuracy on test, which have different images. */
  readonly difference?: { readonly value: number; readonly low: number; readonly high: number };
  /** The one class that every image of val is called at the kept epoch, where the network learned nothing. */
  readonly collapsedTo?: 'real' | 'fake';
  /** The number of epochs after which the network is collapsed. */
  readonly collapsedEpochs: number;
}

const testSplit = 'test';

export function keptOf({ splits, epochs, chosenEpoch, images }: History, confidence: number): Kept {
  const kept = epochs.find(({ epoch }) => epoch === chosenEpoch)!;
  const each = (of: (split: string) => number): BySplit =>
    Object.fromEntries(splits.map((split) => [split, of(split)]));
  const total = ({ real, fake }: SplitImages) => real + fake;
  const share = (split: string): Share => ({ value: kept.splits[split]!.accuracy, images: total(images![split]!) });
  const majority = (split: string) => Math.max(images![split]!.real, images![split]!.fake) / total(images![split]!);
  const collapsedTo = collapseOf(kept, images);
  const isCompared = images !== undefined && splits.includes(selectionSplit) && splits.includes(testSplit);
  return {
    epochs: epochs.length,
    epoch: chosenEpoch,
    accuracy: each((split) => kept.splits[split]!.accuracy),
    loss: each((split) => kept.splits[split]!.loss),
    ...(images && { majority: each(majority) }),
    ...(isCompared && { difference: shareDifference(share(selectionSplit), share(testSplit), confidence) }),
    ...(collapsedTo && { collapsedTo }),
    collapsedEpochs: epochs.filter((epoch) => collapseOf(epoch, images) !== undefined).length,
  };
}
