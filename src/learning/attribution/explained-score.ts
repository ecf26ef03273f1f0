import type { LayersModel, Scalar, Tensor } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import type { Question } from './question.ts';

/**
 * The logits of a model in inference mode: `[batch, 2]`.
 *
 * @param images `[batch, height, width, 3]`, of the size that the model sees.
 */
export async function logitsOf(model: LayersModel, images: Float32Array): Promise<Float32Array> {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const batch = images.length / shape.reduce((product, length) => product * length, 1);
  const output = tidy(() => model.apply(tensor(images, [batch, ...shape]), { training: false }) as Tensor);
  const logits = (await output.data<'float32'>()).slice(); // a backend may hand out its own memory
  output.dispose();
  return logits;
}

/**
 * The sum over images of the scores that are explained. In inference mode images do not interact, so the gradient of the sum
 * by one image is that of its own score. Scores are taken before the softmax: its gradient vanishes where a network is
 * sure, and it mixes in evidence against the other class (Simonyan, Vedaldi and Zisserman 2014, "Deep inside
 * convolutional networks", section 3).
 *
 * @param logits `[batch, 2]`.
 */
export function explainedScore(logits: Tensor, { classes, score }: Pick<Question, 'classes' | 'score'>): Scalar {
  const factors = new Float32Array(2 * classes.length);
  for (const [i, c] of classes.entries()) {
    factors[2 * i + c] = 1;
    if (score === 'margin') factors[2 * i + 1 - c] = -1;
  }
  return logits.mul(tensor(factors, [classes.length, 2])).sum();
}

/** The explained score of one image, from its two logits. */
export function scoreOf(logits: readonly [number, number], c: number, { score }: Pick<Question, 'score'>): number {
  return score === 'margin' ? logits[c]! - logits[1 - c]! : logits[c]!;
}
