import { permutation, Random } from '../../../random.ts';
import { blurValues } from '../../vision/augment/blur.ts';

/**
 * Replacements of the pixels that are not shown: the blurred image, its mean colour, or its own
 * pixels shuffled.
 */
export const baselineNames = ['blur', 'mean', 'noise'] as const;
export type BaselineName = (typeof baselineNames)[number];

/**
 * The blur's deviation as a share of the width: 10 of 227 pixels in Fong and Vedaldi 2017 (see
 * {@link baselineImage}).
 */
const blurShare = 10 / 227;

/**
 * An image, `[height, width, 3]` in any unit, with its content removed, in the three ways of Fong
 * and Vedaldi 2017, "Interpretable explanations of black boxes by meaningful perturbation" (section
 * 4.1): blur, a constant, and noise by the seed, all of its own colours.
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
    case 'mean': {
      const sums = [0, 0, 0];
      for (let i = 0; i < image.length; i++) sums[i % 3]! += image[i]!;
      return image.map((_, i) => (3 * sums[i % 3]!) / image.length);
    }
    case 'noise': {
      const from = permutation(image.length / 3, new Random('baseline', seed));
      return image.map((_, i) => image[3 * from[Math.floor(i / 3)]! + (i % 3)]!);
    }
  }
}
