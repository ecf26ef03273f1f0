import type { LayersModel } from '@tensorflow/tfjs';
import type { Question } from '../question.ts';
import { inputGradient } from './input-gradient.ts';

/**
 * The gradient times the value that it is of: for a linear net, what each value adds to the score (Shrikumar et al. 2016,
 * "Not just a black box", section 2). Values are the normalised ones, so the mean colour counts as nothing.
 *
 * @returns `[batch, height, width, 3]`.
 */
export async function inputTimesGradient(model: LayersModel, question: Question): Promise<Float32Array> {
  const { gradient } = await inputGradient(model, question);
  return gradient.map((value, i) => value * question.images[i]!);
}
