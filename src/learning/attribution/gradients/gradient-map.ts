import type { LayersModel } from '@tensorflow/tfjs';
import type { Question } from '../question.ts';
import { passBack } from './pass-back.ts';

/** What a saliency map is, and the scores that it explains. */
export interface GradientMap {
  /** At least 0: `[batch, height, width]`. */
  readonly map: Float32Array;
  /** `[batch, 2]`. */
  readonly logits: Float32Array;
}

/**
 * The saliency map of Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional networks", section 3.1: of each pixel, the
 * greatest magnitude among its channels of the gradient by the image, `M_ij = max_c |w_ijc|`. The same as `channelMaximum` of
 * `inputGradient`, computed where the gradient is: a third as much is read.
 */
export async function gradientMap(model: LayersModel, question: Question): Promise<GradientMap> {
  const { values, logits } = await passBack(model, question, (gradient) => gradient.abs().max(3));
  return { map: values, logits };
}
