import { permutation, Random } from '../../src/random.ts';

/**
 * The images of the sheet, as indices of a split in its order: half of each class, drawn by the seed without going back; of a class
 * that has fewer all, and more of the other.
 */
export function drawImages(labels: readonly number[], images: number, seed: number): readonly number[] {
  const orders = [0, 1].map((label) => {
    const own = labels.flatMap((each, index) => (each === label ? [index] : []));
    return Array.from(permutation(own.length, new Random('saliency', seed, label)), (place) => own[place]!);
  });
  const [real, fake] = orders as [number[], number[]];
  const reals = Math.min(real.length, Math.max(Math.ceil(images / 2), images - fake.length));
  return [...real.slice(0, reals), ...fake.slice(0, images - reals)].sort((one, other) => one - other);
}
