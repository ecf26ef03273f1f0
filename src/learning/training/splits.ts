import { z } from 'zod';
import { uniqueList } from '../../unique-list.ts';

/** The split that is trained on. */
export const trainSplit = 'train';
/** The split that selects the epoch. A test split never does. */
export const selectionSplit = 'val';

/** The setting of a list of splits; light, since specs have it. */
export const splitList = uniqueList(z.string(), 'split');

/** The number of images of each class in a split. */
export const splitImages = z.object({ real: z.int(), fake: z.int() });
export type SplitImages = Readonly<z.infer<typeof splitImages>>;

/** Counts the images of each class by their labels, 0 real and 1 fake. */
export function countImages(labels: readonly number[]): SplitImages {
  const fake = labels.filter((label) => label === 1).length;
  return { real: labels.length - fake, fake };
}

/** The accuracy of always calling the more frequent class: `50.0 %` for all splits, or `train 50.0 %, test 66.7 %`. */
export function majorityWords(images: Readonly<Record<string, SplitImages>>): string {
  const shares = Object.entries(images).map(([split, { real, fake }]) => {
    return { split, share: `${((100 * Math.max(real, fake)) / (real + fake)).toFixed(1)} %` };
  });
  const isOne = new Set(shares.map(({ share }) => share)).size === 1;
  return isOne ? shares[0]!.share : shares.map(({ split, share }) => `${split} ${share}`).join(', ');
}
