import type { Logits } from '../logits.ts';
import { requireOneEach, type Weighted, weightedMean } from '../weights.ts';

/**
 * The mean softmax cross-entropy in nats, from 0 up: -log of the probability given to the right class (the log loss;
 * Bishop 2006, "Pattern Recognition and Machine Learning", equation 4.108). Lower is better, ln 2 = 0.693 is chance.
 * NaN for no images or when a logit is NaN; logits that are finite give a finite value, however far apart.
 *
 * Example: labels 0 1 with logits (0, 0) (0, 0) give ln 2; labels 0 1 with (1, -1) (1, -1) give 1.126928 = ln(1 + e²) - 1.
 *
 * @param labels 0 or 1 for each image.
 */
export function crossEntropy(labels: ArrayLike<number>, logits: Logits, options: Weighted = {}): number {
  if (logits.length !== 2 * labels.length) {
    throw new RangeError(`Expected two logits for each of ${labels.length} labels, got ${logits.length} logits`);
  }
  requireOneEach(labels, labels, 'label', options);
  const surprise = (i: number): number => {
    // log(e^right + e^wrong) - right = log(1 + e^(wrong - right)), kept from overflowing.
    const behind = logits[2 * i + 1 - labels[i]!]! - logits[2 * i + labels[i]!]!;
    return Math.max(behind, 0) + Math.log1p(Math.exp(-Math.abs(behind)));
  };
  return weightedMean(labels.length, surprise, options);
}
