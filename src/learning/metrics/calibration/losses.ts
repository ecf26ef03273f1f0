import type { Logits } from '../arithmetic/logits.ts';
import { type Weighted, weightedMean } from '../arithmetic/weights.ts';

/**
 * The Brier score of one item, 0 to 1: the squared difference of the label, 0 or 1, and the
 * probability of class 1 (Brier 1950, "Verification of forecasts expressed in terms of
 * probability", halved for two classes as in scikit-learn's `brier_score_loss`). Lower is better; a
 * constant 0.5 gives 0.25.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 have the mean 0.158125.
 */
export const brierOf = (label: number, probability: number): number => (probability - label) ** 2;

/**
 * The mean softmax cross-entropy (log loss) in nats, from 0 up, lower is better: -log of the
 * probability of the true class (Bishop 2006, "Pattern Recognition and Machine Learning", equation
 * 4.108). Of two equal classes ln 2 = 0.693 is chance. NaN for no images or when a logit is NaN;
 * finite for finite logits, however far apart they are.
 *
 * Example: labels 0 1 with logits (0, 0) (0, 0) give ln 2; labels 0 1 with (1, -1) (1, -1) give
 * 1.126928 = ln(1 + e²) - 1.
 *
 * @param logits `[images, classes]`, 2 classes by default.
 */
export function crossEntropy(
  labels: ArrayLike<number>,
  logits: Logits,
  options: LossOptions = {},
): number {
  const { classes = 2 } = options;
  if (logits.length !== classes * labels.length) {
    throw new RangeError(
      `Expected ${classes} logits for each of ${labels.length} labels, got ${logits.length} logits`,
    );
  }
  return weightedMean(labels.length, (i) => lossOf(i, labels[i]!, logits, classes), options);
}

type LossOptions = Weighted & { readonly classes?: number };

/** The {@link crossEntropy} of the item `i`. */
export function lossOf(i: number, label: number, logits: Logits, classes = 2): number {
  const right = logits[classes * i + label]!;
  // log Σ e^other - right = most + log Σ e^(behind - most), where `behind` is by how much a class
  // is ahead of the right one.
  let most = 0;
  let first = label;
  for (let c = 0; c < classes; c++) {
    const behind = logits[classes * i + c]! - right;
    if (behind > most) [most, first] = [behind, c];
    if (Number.isNaN(behind)) return Number.NaN;
  }
  let others = 0;
  for (let c = 0; c < classes; c++)
    if (c !== first) others += Math.exp(logits[classes * i + c]! - right - most);
  return most + Math.log1p(others);
}
