import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { tensor } from '@tensorflow/tfjs';
import type { Question } from './question.ts';

/**
 * The sum over images of the scores that are explained, from logits `[batch, 2]`. In inference mode images do not interact,
 * so the gradient of the sum by one image is that of its own score. Scores are taken before the softmax: its gradient
 * vanishes where a network is sure, and it mixes in evidence against the other class (Simonyan, Vedaldi and Zisserman 2014,
 * "Deep inside convolutional networks", section 3).
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
export const scoreOf = (logits: readonly [number, number], c: number, { score }: Pick<Question, 'score'>): number =>
  score === 'margin' ? logits[c]! - logits[1 - c]! : logits[c]!;
