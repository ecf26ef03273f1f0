import { requireOneEach, type Weighted, weightedMean } from '../weights.ts';

/**
 * The mean of -log of the probability given to the right class, in nats, from 0 up (Bishop 2006, "Pattern recognition and
 * machine learning", equation 4.90). Lower is better, ln 2 = 0.693 is saying 0.5 to all. NaN for no items.
 *
 * Probabilities are kept 2.2e-16 from 0 and 1, as scikit-learn's `log_loss` does, so that one sure mistake costs 36 and not
 * everything. Of logits {@link crossEntropy} takes the same without that loss.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 give 0.472288.
 *
 * @param labels 0 or 1 for each item.
 * @param probabilities Of class 1, 0 to 1, for each item.
 */
export function logLoss(labels: ArrayLike<number>, probabilities: ArrayLike<number>, options: Weighted = {}): number {
  requireOneEach(labels, probabilities, 'probability', options);
  const surprise = (i: number): number => {
    const clipped = Math.min(Math.max(probabilities[i]!, Number.EPSILON), 1 - Number.EPSILON);
    return -Math.log(labels[i] === 1 ? clipped : 1 - clipped);
  };
  return weightedMean(labels.length, surprise, options);
}
