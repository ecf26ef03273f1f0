import { type Share, shareDifference } from '../../src/learning/metrics/intervals/share-difference.ts';
import { collapseOf } from '../../src/learning/training/collapse.ts';
import { type CurveShape, curveShape } from '../../src/learning/training/curve-shape.ts';
import type { History } from '../../src/learning/training/history.ts';
import type { SplitImages } from '../../src/learning/training/split-images.ts';
import { selectionSplit } from '../../src/learning/training/split-names.ts';

/** What one curve does. */
export interface Curve {
  readonly split: string;
  readonly measure: 'accuracy' | 'loss';
  readonly shape: CurveShape;
  readonly first: number;
  readonly last: number;
  /** The highest accuracy, the lowest loss. */
  readonly best: number;
  /** The first epoch that has it. */
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

/** The epoch that was kept, and what it is worth. */
export interface Kept {
  readonly epochs: number;
  readonly epoch: number;
  /** Of every monitored split, at that epoch. */
  readonly accuracy: Readonly<Record<string, number>>;
  readonly loss: Readonly<Record<string, number>>;
  /** What calling everything the more frequent class would give; absent of histories that do not say how many images there are. */
  readonly majority?: Readonly<Record<string, number>>;
  /** Accuracy on val less that on test, which are different images. */
  readonly difference?: { readonly value: number; readonly low: number; readonly high: number };
  /** The one class that every image of val is called at the kept epoch, where nothing was learned. */
  readonly collapsedTo?: 'real' | 'fake';
  /** Epochs after which every image of val is called one class, with nothing learned. */
  readonly collapsedEpochs: number;
}

const testSplit = 'test';

export function keptOf({ splits, epochs, chosenEpoch, images }: History, confidence: number): Kept {
  const kept = epochs.find(({ epoch }) => epoch === chosenEpoch)!;
  const each = <T>(of: (split: string) => T) => Object.fromEntries(splits.map((split) => [split, of(split)]));
  const share = (split: string): Share => ({
    value: kept.splits[split]!.accuracy,
    images: total(images![split]!),
  });
  const collapsedTo = collapseOf(kept, images);
  const isCompared = images !== undefined && splits.includes(selectionSplit) && splits.includes(testSplit);
  return {
    epochs: epochs.length,
    epoch: chosenEpoch,
    accuracy: each((split) => kept.splits[split]!.accuracy),
    loss: each((split) => kept.splits[split]!.loss),
    ...(images && { majority: each((split) => majority(images[split]!)) }),
    ...(isCompared && { difference: shareDifference(share(selectionSplit), share(testSplit), confidence) }),
    ...(collapsedTo && { collapsedTo }),
    collapsedEpochs: epochs.filter((epoch) => collapseOf(epoch, images) !== undefined).length,
  };
}

const total = ({ real, fake }: SplitImages): number => real + fake;
const majority = (images: SplitImages): number => Math.max(images.real, images.fake) / total(images);
