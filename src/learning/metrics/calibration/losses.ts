import type { Logits } from '../arithmetic/logits.ts';
import { type Weighted, weightedMean } from '../arithmetic/weights.ts';
import type { Forecasts } from '../scores/forecasts.ts';

/** The loss of each image, `[images]`, of which {@link crossEntropy} is the mean. */
export function imageLosses({ labels, logits, classes }: Forecasts): Float64Array {
  const losses = new Float64Array(labels.length);
  for (let i = 0; i < losses.length; i++) losses[i] = lossOf(i, labels[i]!, logits, classes);
  return losses;
}

/**
 * The Brier score of each image, `[images]`, 0 to 2, lower is better: Σ (p_c - y_c)² over the
 * judged classes, where y_c is 1 for the image's class and else 0. That of a split is the mean
 * (Brier 1950, "Verification of forecasts expressed in terms of probability"). Of a detector only
 * the positive class is judged, which halves it to 0 to 1, as in scikit-learn's `brier_score_loss`;
 * there a constant 0.5 gives 0.25.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 of a detector have the mean 0.158125.
 */
export function imageBrierScores(forecasts: Forecasts): Float64Array {
  const { labels, probabilities, classes, judged } = forecasts;
  const scores = new Float64Array(labels.length);
  for (let i = 0; i < scores.length; i++) {
    const label = labels[i]!;
    let sum = 0;
    for (const c of judged) sum += (probabilities[classes * i + c]! - (c === label ? 1 : 0)) ** 2;
    scores[i] = sum;
  }
  return scores;
}

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
