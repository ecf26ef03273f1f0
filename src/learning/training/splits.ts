import { z } from 'zod';
import { formatShare } from '../../format-numbers.ts';
import { uniqueList } from '../../unique-list.ts';

/** The split that is trained on. */
export const trainSplit = 'train';
/** The split that selects the epoch. A test split never does. */
export const selectionSplit = 'val';

/** A number without a split is of the one that selects: `val.auc` of `auc`. */
export const withSelectionSplit = (name: string): string =>
  name.includes('.') ? name : `${selectionSplit}.${name}`;

/** `auc` of `val.auc`; other names stay. */
export const withoutSelectionSplit = (name: string): string =>
  name.startsWith(`${selectionSplit}.`) ? name.slice(selectionSplit.length + 1) : name;

/** The setting of a number of the split that selects, with or without its name: `auc`. */
export const selectionNumber = z.string().min(1).overwrite(withoutSelectionSplit);

/** The setting of a list of splits; light, since specs have it. */
export const splitList = uniqueList(z.string(), 'split');

/** The number of images of each class in a split, by its name. */
export const splitImages = z.record(z.string(), z.int());
export type SplitImages = Readonly<z.infer<typeof splitImages>>;

export const countImages = (labels: readonly number[], classes: readonly string[]): SplitImages =>
  Object.fromEntries(
    classes.map((name, c) => [name, labels.filter((label) => label === c).length]),
  );

export const totalOf = (images: SplitImages): number =>
  Object.values(images).reduce((sum, count) => sum + count, 0);

/** The share of the most frequent class. */
export const majorityOf = (images: SplitImages): number =>
  Math.max(...Object.values(images)) / totalOf(images);

/**
 * The accuracy of always calling the more frequent class: `50.0 %` for all splits, or
 * `train 50.0 %, test 66.7 %`.
 */
export function majorityWords(images: Readonly<Record<string, SplitImages>>): string {
  const shares = Object.entries(images).map(([split, counts]) => {
    return { split, share: formatShare(majorityOf(counts)) };
  });
  const isOne = new Set(shares.map(({ share }) => share)).size === 1;
  return isOne
    ? shares[0]!.share
    : shares.map(({ split, share }) => `${split} ${share}`).join(', ');
}
