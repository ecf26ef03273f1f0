import { type Scalar, type Tensor, tensor } from '@tensorflow/tfjs';
import { logSumOf } from '../../metrics/arithmetic/logits.ts';
import type { AskedScores, ScoreKind } from './question.ts';

/**
 * The sum over images of the scores that are explained, from logits `[batch, classes]`. In
 * inference mode images do not interact, so its gradient by one image is that of its own score.
 * Scores are taken before the softmax, whose gradient vanishes where a network is sure and mixes in
 * evidence against the other classes (Simonyan, Vedaldi and Zisserman 2014, "Deep inside
 * convolutional networks", section 3).
 */
export function explainedScore(logits: Tensor, { classes, score }: AskedScores): Scalar {
  const width = logits.shape[1]!;
  const factors = new Float32Array(width * classes.length);
  for (const [i, c] of classes.entries()) {
    factors[width * i + c] = 1;
    if (score === 'margin' && width === 2) factors[2 * i + 1 - c] = -1;
  }
  const classFactors = tensor(factors, [classes.length, width]);
  const sum = logits.mul(classFactors).sum<Scalar>();
  if (score === 'score' || width === 2) return sum;
  // The own class's exponential becomes 0.
  const others = logits.sub(classFactors.mul(1e9)).logSumExp(1);
  return sum.sub(others.sum());
}

/** The explained score of one image, from its logits, `[classes]`. */
export const scoreOf = (logits: Float32Array, c: number, score: ScoreKind): number =>
  score === 'score'
    ? logits[c]!
    : logits[c]! - logSumOf([...logits.filter((_, index) => index !== c)]);
