import type { LayersModel } from '@tensorflow/tfjs';
import { Random } from '../../random.ts';
import type { Question } from '../question.ts';
import { inputGradient } from './input-gradient.ts';

/** What becomes of the gradients of an image's noisy copies. */
export type NoisyGradients = 'mean' | 'mean-of-squares' | 'variance';

export interface NoiseOptions {
  /** Noisy copies of each image; 50 in the paper. */
  readonly samples: number;
  /** Deviation of the noise, as a share of the image's range of values; 0.1 to 0.2 in the paper. */
  readonly noise: number;
}

/**
 * SmoothGrad: the mean gradient over noisy copies of an image, in which what only one copy shows cancels out (Smilkov et
 * al. 2017, "SmoothGrad: removing noise by adding noise", equation 2). The mean of the squares (Hooker et al. 2019, "A
 * benchmark for interpretability methods in deep neural networks", SmoothGrad-Squared) and the variance (Adebayo et al.
 * 2018, "Local explanation methods for deep neural networks lack sensitivity to parameter values", VarGrad) are its siblings.
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
  const [sum, squares] = [new Float64Array(images.length), new Float64Array(images.length)];
  for (let sample = 0; sample < samples; sample++) {
    const noisy = images.map((value, at) => {
      const image = Math.floor(at / size);
      return value + deviations[image]! * draws[image]!.normal();
    });
    const { gradient } = await inputGradient(model, { ...question, images: noisy });
    for (const [i, value] of gradient.entries()) {
      sum[i]! += value;
      squares[i]! += value * value;
    }
  }
  if (of === 'mean') return Float32Array.from(sum, (value) => value / samples);
  if (of === 'mean-of-squares') return Float32Array.from(squares, (value) => value / samples);
  return Float32Array.from(squares, (value, i) => Math.max(0, value / samples - (sum[i]! / samples) ** 2));
}

function rangeOf(values: Float32Array): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}
