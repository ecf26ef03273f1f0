import type { LayersModel } from '@tensorflow/tfjs';
import { Random } from '../../../random.ts';
import type { Question } from '../question.ts';
import { inputGradient } from './input-gradient.ts';

/** How the gradients of an image's noisy copies are combined. */
export type NoisyGradients = 'mean' | 'mean-of-squares' | 'variance';

export interface NoiseOptions {
  /** Noisy copies of each image; 50 in the paper. */
  readonly samples: number;
  /** Standard deviation of the noise, as a share of the image's range of values; 0.1 to 0.2 in the paper. */
  readonly noise: number;
}

/**
 * SmoothGrad: the mean gradient over noisy copies of an image, in which the noise of single gradients cancels out (Smilkov et
 * al. 2017, "SmoothGrad: removing noise by adding noise", equation 2). Siblings are the mean of the squares (Hooker et al.
 * 2019, "A benchmark for interpretability methods in deep neural networks", SmoothGrad-Squared) and the variance (Adebayo et
 * al. 2018, "Local explanation methods for deep neural networks lack sensitivity to parameter values", VarGrad).
 *
 * @returns `[batch, height, width, 3]`.
 */
export async function smoothGradient(
  model: LayersModel,
  question: Question,
  { samples, noise }: NoiseOptions,
  of: NoisyGradients,
): Promise<Float32Array> {
  const { images, seeds } = question;
  const size = images.length / seeds.length;
  const deviations = seeds.map((_, i) => noise * rangeOf(images.subarray(i * size, (i + 1) * size)));
  const draws = seeds.map((seed) => new Random('noise', seed));
  const noisy = new Float32Array(images.length);
  const [sum, squares] = [new Float64Array(images.length), new Float64Array(images.length)];
  for (let sample = 0; sample < samples; sample++) {
    for (const [image, random] of draws.entries()) {
      random.normals(noisy.subarray(image * size, (image + 1) * size));
      for (let i = image * size; i < (image + 1) * size; i++) noisy[i] = images[i]! + deviations[image]! * noisy[i]!;
    }
    const { gradient } = await inputGradient(model, { ...question, images: noisy });
    for (let i = 0; i < gradient.length; i++) {
      const value = gradient[i]!;
      sum[i]! += value;
      squares[i]! += value * value;
    }
  }
  const result = new Float32Array(images.length);
  for (let i = 0; i < result.length; i++) result[i] = gather[of](sum[i]! / samples, squares[i]! / samples);
  return result;
}

/** From the mean gradient of a value, and the mean of its squares. */
const gather: Readonly<Record<NoisyGradients, (mean: number, meanOfSquares: number) => number>> = {
  mean: (mean) => mean,
  'mean-of-squares': (_, meanOfSquares) => meanOfSquares,
  variance: (mean, meanOfSquares) => Math.max(0, meanOfSquares - mean * mean),
};

function rangeOf(values: Float32Array): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}
