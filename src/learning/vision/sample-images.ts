import { permutation, Random } from '../../random.ts';

/**
 * Images of both classes, as indices of a split in its order: half of each, drawn by the seed without replacement; all of a
 * class that has fewer, and more of the other. Of an odd number one more is real. A smaller sample is always part of a
 * larger one.
 */
export function sampleImages(labels: readonly number[], images: number, seed: number): Uint32Array {
  const orders = [0, 1].map((label) => sampleOfClass(labels, label, labels.length, new Random('images', seed, label)));
  const [real, fake] = orders as [readonly number[], readonly number[]];
  const reals = Math.min(real.length, Math.max(Math.ceil(images / 2), images - fake.length));
  return Uint32Array.from([...real.slice(0, reals), ...fake.slice(0, images - reals)]).sort();
}

/** Images of one class, as indices of a split, in an order of chance; all where there are no more. */
export function sampleOfClass(
  labels: readonly number[],
  label: number,
  images: number,
  random: Random,
): readonly number[] {
  const own = labels.flatMap((each, index) => (each === label ? [index] : []));
  return Array.from(permutation(own.length, random).subarray(0, images), (place) => own[place]!);
}
