import { requireOneEach, type Weighted, weightedMean } from '../weights.ts';

/**
 * The mean squared distance of the probability of class 1 from the label, 0 to 1 (Brier 1950, "Verification of forecasts
 * expressed in terms of probability", halved for two classes as in scikit-learn's `brier_score_loss`). Lower is better; 0.25
 * is saying 0.5 to all. NaN for no items.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 give 0.158125.
 *
 * @param labels 0 or 1 for each item.
 * @param probabilities Of class 1, 0 to 1, for each item.
 */
export function brier(labels: ArrayLike<number>, probabilities: ArrayLike<number>, options: Weighted = {}): number {
  requireOneEach(labels, probabilities, 'probability', options);
  return weightedMean(labels.length, (i) => (probabilities[i]! - labels[i]!) ** 2, options);
}
