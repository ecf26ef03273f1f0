import { permutation, Random } from '../../random.ts';

/** A sample of indices, half of each class as far as there are, drawn by the seed; it is part of every larger sample. */
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
