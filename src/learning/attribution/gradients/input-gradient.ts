import type { LayersModel } from '@tensorflow/tfjs';
import type { Question } from '../question.ts';
import { passBack } from './pass-back.ts';

/** How much the explained score changes with each value of the image. */
export interface InputGradient {
  /** `[batch, height, width, 3]`. */
  readonly gradient: Float32Array;
  /** `[batch, 2]`. */
  readonly logits: Float32Array;
}

/**
 * The gradient of the explained score by the image: w of Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional
 * networks", equation 4, before its channels become one.
 */
export async function inputGradient(model: LayersModel, question: Question): Promise<InputGradient> {
  const { values, logits } = await passBack(model, question, (gradient) => gradient);
  return { gradient: values, logits };
}
