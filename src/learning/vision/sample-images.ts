import { permutation, Random } from '../../random.ts';

/**
 * A sample of indices, equally many of each class if possible, drawn by the seed; labels below 0
 * belong to no class.
 */
export function sampleImages(labels: readonly number[], images: number, seed: number): Uint32Array {
  const classes = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const orders = Array.from({ length: classes }, (_, label) =>
    sampleOfClass(labels, label, labels.length, new Random('images', seed, label)),
  );
  const longest = Math.max(0, ...orders.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, i) =>
    orders.flatMap((order) => order.slice(i, i + 1)),
  ).flat();
  return Uint32Array.from(inTurn.slice(0, images)).sort();
}

/** At most `images` of one class, as indices of a split, in random order. */
export function sampleOfClass(
  labels: readonly number[],
  label: number,
  images: number,
  random: Random,
): readonly number[] {
  const candidates = labels.flatMap((each, index) => (each === label ? [index] : []));
  return Array.from(
    permutation(candidates.length, random).subarray(0, images),
    (index) => candidates[index]!,
  );
}
