import { permutation, Random } from '../../../random.ts';
import { blurValues } from '../../vision/augment/blur.ts';
import type { BaselineName } from './baseline-names.ts';

/** The blur's deviation as a share of the width: 10 pixels of 227 in Fong and Vedaldi 2017 (see {@link baselineImage}). */
const blurShare = 10 / 227;

/**
 * An image without what it shows, of the three sorts that Fong and Vedaldi 2017, "Interpretable explanations of black boxes by
 * meaningful perturbation" (section 4.1), delete by: a blur, a constant, and noise. All are of the image's own colours, whatever
 * the network's normalisation is.
 *
 * @param image `[height, width, 3]`, in any unit.
 * @param seed Of the noise.
 * @returns `[height, width, 3]`.
 */
export function baselineImage(
  image: Float32Array,
  size: { readonly height: number; readonly width: number },
  name: BaselineName,
  seed: number,
): Float32Array {
  switch (name) {
    case 'blur':
      return blurValues(image, size, blurShare * size.width);
    case 'mean':
      return meanColour(image);
    case 'noise':
      return shuffledPixels(image, seed);
  }
}

function meanColour(image: Float32Array): Float32Array {
  const sums = [0, 0, 0];
  for (let i = 0; i < image.length; i++) sums[i % 3]! += image[i]!;
  return image.map((_, i) => (3 * sums[i % 3]!) / image.length);
}

function shuffledPixels(image: Float32Array, seed: number): Float32Array {
  const from = permutation(image.length / 3, new Random('baseline', seed));
  return image.map((_, i) => image[3 * from[Math.floor(i / 3)]! + (i % 3)]!);
}
