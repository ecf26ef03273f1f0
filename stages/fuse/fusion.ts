import { logSumOf } from '../../src/learning/metrics/arithmetic/logits.ts';
import { minimise, type Objective } from '../../src/learning/metrics/arithmetic/minimise.ts';

/** A logit for each class, for each image, for each model. */
export type ModelLogits = readonly (readonly (readonly number[])[])[];

/** Fused logits of every image, and what they were made by. */
export interface Fusion {
  readonly logits: readonly (readonly number[])[];
  /** The weight of each model. */
  readonly weights: readonly number[];
}

/** The images that a rule is fitted to: their places among all, and their labels. */
export interface FittedImages {
  readonly indices: readonly number[];
  readonly labels: readonly number[];
}

/** The gradient's largest entry, of the mean loss, at which a fit ends. */
const tolerance = 1e-7;
const mostIterations = 1000;

/** The mean of the models' logits: the geometric mean of their probabilities. */
export function meanOfLogits(models: ModelLogits): Fusion {
  const weights = models.map(() => 1 / models.length);
  return { logits: weightedSum(models, weights, []), weights };
}

/**
 * The mean of each model's rank among the images that it is fitted to, as the logarithm of a
 * probability. The evidence for a class is its log-odds. Its rank is the share of these images with
 * lower evidence, those with equal evidence counted half, moved off 0 and 1 by half an image of one
 * more: (lower + equal / 2 + 1 / 2) / (images + 1).
 */
export function meanOfRanks(models: ModelLogits, { indices }: FittedImages): Fusion {
  const weights = models.map(() => 1 / models.length);
  const ranks = models.map((images) => {
    const evidence = images.map(logOdds);
    const classes = evidence[0]?.length ?? 0;
    const sorted = Array.from({ length: classes }, (_, c) =>
      Float64Array.from(indices, (index) => evidence[index]![c]!).sort(),
    );
    return evidence.map((values) => values.map((value, c) => rankIn(sorted[c]!, value)));
  });
  const logits = weightedSum(ranks, weights, []).map((means) => means.map(Math.log));
  return { logits, weights };
}

/**
 * The weighted sum of the models' logits with a bias for each class, by logistic regression: it
 * minimises the sum of the cross-entropies of the fitted images plus half the sum of the squared
 * weights, where each model's logits are divided by their spread. Weights are in the unit of the
 * logits that are given.
 */
export function fitWeights(models: ModelLogits, fitted: FittedImages): Fusion {
  const spreads = models.map((images) => spreadOf(images, fitted.indices));
  // A model that says the same of every image has no say.
  const scales = spreads.map((spread) => (spread === 0 ? 0 : 1 / spread));
  const chosen = models.map((images, m) =>
    fitted.indices.map((index) => images[index]!.map((logit) => logit * scales[m]!)),
  );
  const classes = models[0]![0]!.length;
  const start = new Float64Array(models.length + classes);
  const { at } = minimise(lossOf(chosen, fitted.labels, classes), start, {
    tolerance,
    mostIterations,
  });
  const weights = scales.map((scale, m) => at[m]! * scale);
  return { logits: weightedSum(models, weights, [...at.subarray(models.length)]), weights };
}

/**
 * The root mean square of the differences between two classes' logits, over all pairs of classes.
 * A fit by {@link fitWeights} to two classes is scikit-learn's LogisticRegression with C = 1 of
 * these differences, each divided by its spread.
 */
export function spreadOf(
  images: readonly (readonly number[])[],
  indices: readonly number[],
): number {
  let sum = 0;
  for (const index of indices) {
    const logits = images[index]!;
    const mean = logits.reduce((total, logit) => total + logit, 0) / logits.length;
    for (const logit of logits) sum += (2 * (logit - mean) ** 2) / (logits.length - 1);
  }
  return Math.sqrt(sum / indices.length);
}

function weightedSum(
  models: ModelLogits,
  weights: readonly number[],
  biases: readonly number[],
): readonly (readonly number[])[] {
  return models[0]!.map((first, image) =>
    first.map((_, c) => {
      let sum = biases[c] ?? 0;
      for (const [m, images] of models.entries()) sum += weights[m]! * images[image]![c]!;
      return sum;
    }),
  );
}

/** The log-odds of each class against all others. */
const logOdds = (logits: readonly number[]): readonly number[] =>
  logits.map((logit, c) => logit - logSumOf(logits.filter((_, other) => other !== c)));

function rankIn(sorted: Float64Array, value: number): number {
  const lower = countBelow(sorted, (candidate) => candidate < value);
  const upTo = countBelow(sorted, (candidate) => candidate <= value);
  return (lower + (upTo - lower) / 2 + 0.5) / (sorted.length + 1);
}

/** How many values of a sorted array precede the first that fails a condition. */
function countBelow(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The objective of {@link fitWeights} divided by the number of images. A point is a weight for each
 * model, then a bias for each class.
 */
function lossOf(models: ModelLogits, labels: readonly number[], classes: number): Objective {
  const images = labels.length;
  return (at, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (const [image, label] of labels.entries()) {
      const logits = Array.from({ length: classes }, (_, c) => {
        let sum = at[models.length + c]!;
        for (const [m, values] of models.entries()) sum += at[m]! * values[image]![c]!;
        return sum;
      });
      const total = logSumOf(logits);
      loss += (total - logits[label]!) / images;
      for (let c = 0; c < classes; c++) {
        const pull = (Math.exp(logits[c]! - total) - Number(c === label)) / images;
        gradient[models.length + c]! += pull;
        for (const [m, values] of models.entries()) gradient[m]! += pull * values[image]![c]!;
      }
    }
    // Biases are free: their pulls add up to 0, so they stay near the start.
    for (let m = 0; m < models.length; m++) {
      loss += at[m]! ** 2 / (2 * images);
      gradient[m]! += at[m]! / images;
    }
    return loss;
  };
}
