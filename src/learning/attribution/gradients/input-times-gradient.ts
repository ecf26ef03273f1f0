import type { LayersModel } from '@tensorflow/tfjs';
import { tensor } from '@tensorflow/tfjs';
import type { Question } from '../question.ts';
import { passBack } from './pass-back.ts';

/**
 * The gradient times the value that it is of: for a linear net, what each value adds to the score (Shrikumar et al. 2016,
 * "Not just a black box", section 2). Values are the normalised ones, so the mean colour counts as nothing.
 *
 * @returns `[batch, height, width, 3]`.
 */
export async function inputTimesGradient(model: LayersModel, question: Question): Promise<Float32Array> {
  const times = await passBack(model, question, (gradient) => gradient.mul(tensor(question.images, gradient.shape)));
  return times.values;
}
