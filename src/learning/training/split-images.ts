/** Images of each class in a split. */
export interface SplitImages {
  readonly real: number;
  readonly fake: number;
}

/** Counts the images of each class by their labels, 0 real and 1 fake. */
export function countImages(labels: readonly number[]): SplitImages {
  const fake = labels.filter((label) => label === 1).length;
  return { real: labels.length - fake, fake };
}

/**
 * What calling every image the more frequent class would give, of each split: what an accuracy must beat. One number where
 * it is the same for all, as in `50.0 %`; else `train 50.0 %, test 66.7 %`.
 */
export function majorityWords(images: Readonly<Record<string, SplitImages>>): string {
  const shares = Object.entries(images).map(([split, { real, fake }]) => {
    return { split, share: `${((100 * Math.max(real, fake)) / (real + fake)).toFixed(1)} %` };
  });
  const isOne = new Set(shares.map(({ share }) => share)).size === 1;
  return isOne ? shares[0]!.share : shares.map(({ split, share }) => `${split} ${share}`).join(', ');
}
