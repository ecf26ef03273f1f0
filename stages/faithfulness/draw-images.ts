import { permutation, Random } from '../../src/random.ts';

/**
 * The images that are explained, as indices of a split: half of each class, drawn without going back, in turn of one class and the
 * other; of a class that has fewer, all.
 */
export function drawImages(labels: readonly number[], images: number, seed: number): Uint32Array {
  const [real, fake] = [0, 1].map((label) => {
    const all = labels.flatMap((own, index) => (own === label ? [index] : []));
    const order = permutation(all.length, new Random('faithfulness', seed, label));
    return Array.from(order.subarray(0, Math.floor(images / 2)), (place) => all[place]!);
  }) as [number[], number[]];
  const longest = Math.max(real.length, fake.length);
  return Uint32Array.from(
    Array.from({ length: longest }, (_, i) => [real[i], fake[i]]).flatMap((pair) =>
      pair.filter((index) => index !== undefined),
    ),
  );
}
