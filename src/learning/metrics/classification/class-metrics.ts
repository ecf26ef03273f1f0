import { mean } from '../arithmetic/mean.ts';
import { type Weighted, weightedMean } from '../arithmetic/weights.ts';
import { binsUnderWeights, calibrationError } from '../calibration/calibration-bins.ts';
import { lossOf } from '../calibration/losses.ts';
import { type ClassScores, chanceInTop } from './class-scores.ts';
import { handTillAuc } from './hand-till-auc.ts';

/**
 * How often images of each class were called each class: counts, or sums of weights,
 * `[classes, classes]`, a row for each label. An image whose highest score several classes share
 * counts for them in equal parts: what choosing one by chance gives on average.
 *
 * Example: labels 0 1 1, predictions 0 1 0 of two classes give 1 0 1 1; with a tie of the last
 * image, 1 0 0.5 1.5.
 */
export function confusionMatrix(
  {
    labels,
    predictions,
    ties,
    classes,
  }: Pick<ClassScores, 'labels' | 'predictions' | 'ties' | 'classes'>,
  { weights }: Weighted = {},
): Float64Array {
  const matrix = new Float64Array(classes * classes);
  for (let i = 0; i < labels.length; i++)
    matrix[labels[i]! * classes + predictions[i]!]! += weights?.[i] ?? 1;
  for (const [i, tied] of ties) {
    const weight = weights?.[i] ?? 1;
    const row = labels[i]! * classes;
    matrix[row + predictions[i]!]! -= weight;
    for (const c of tied) matrix[row + c]! += weight / tied.length;
  }
  return matrix;
}

/**
 * The sums of a {@link confusionMatrix}, each `[classes]`: images of a class, images called it, and
 * images of it called it.
 */
export function sumsOf(matrix: Float64Array) {
  const classes = Math.sqrt(matrix.length);
  const of = Array.from({ length: classes }, (_, row) =>
    matrix.subarray(row * classes, (row + 1) * classes),
  );
  return {
    labelled: of.map((row) => row.reduce((sum, count) => sum + count, 0)),
    called: of.map((_, column) => of.reduce((sum, row) => sum + row[column]!, 0)),
    right: of.map((row, c) => row[c]!),
  };
}

/**
 * Measures of predictions, all higher if better, as scikit-learn has them; NaN for no images.
 *
 * - `accuracy`, 0 to 1, the share of images whose class is predicted, and `majorityAccuracy`, that
 *   of always answering the most frequent class.
 * - `balancedAccuracy`, 0 to 1: the mean share over the classes with images; 1 / classes is chance.
 * - `macroF1`, 0 to 1: the mean {@link classDecisions F1} of the classes that some image is of or
 *   is called.
 * - `cohensKappa`, -1 to 1: (pₒ - pₑ) / (1 - pₑ), with the agreement pₒ of labels and predictions
 *   and that by chance pₑ (Cohen 1960, "A coefficient of agreement for nominal scales"); 0 is
 *   chance. NaN where labels and predictions are one class.
 * - `matthewsCorrelation`, -1 to 1: Gorodkin 2004, "Comparing two K-category assignments by a
 *   K-category correlation coefficient"; 0 is chance, and the value where labels or predictions are
 *   one class.
 *
 * Example: three classes with the matrix 1 0 0, 0 1 1, 0 0 1 have the accuracy 3/4, balanced 5/6,
 * and the kappa 7/11.
 */
export function decisionsOf(matrix: Float64Array) {
  const { labelled, called, right } = sumsOf(matrix);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const dot = (a: readonly number[], b: readonly number[]) =>
    sum(a.map((value, c) => value * b[c]!));
  const images = sum(labelled);
  const hits = sum(right);
  const chance = dot(labelled, called) / images ** 2;
  const scale =
    Math.sqrt(images ** 2 - dot(called, called)) * Math.sqrt(images ** 2 - dot(labelled, labelled));
  const seen = labelled.flatMap((count, c) => (count + called[c]! > 0 ? [c] : []));
  return {
    accuracy: hits / images,
    majorityAccuracy: Math.max(...labelled) / images,
    balancedAccuracy: mean(labelled.flatMap((count, c) => (count > 0 ? [right[c]! / count] : []))),
    macroF1: mean(seen.map((c) => (2 * right[c]!) / (labelled[c]! + called[c]!))),
    cohensKappa: (hits / images - chance) / (1 - chance),
    matthewsCorrelation: scale === 0 ? 0 : (hits * images - dot(labelled, called)) / scale,
  };
}

/**
 * The variance of the balanced accuracy of a {@link confusionMatrix} that resampling cannot show:
 * the images of a class that are all called right, or all wrong, are so in every resample. For such
 * a class it is that of a share of (n + 1/2) / (n + 1), the mean of the share's distribution by
 * Jeffreys' prior; the mean over the K classes has 1 / K² of their sum. 0 where every class has
 * right and wrong ones.
 *
 * Example: two classes of 9 and 90 units, of which the first has no mistake, give 0.95 · 0.05 / 9 /
 * 4 = 0.00132.
 *
 * @param unitsOf The number of units, images or groups, by class.
 */
export function unseenVariance(matrix: Float64Array, unitsOf: ReadonlyMap<number, number>): number {
  const { labelled, right } = sumsOf(matrix);
  const present = [...labelled.keys()].filter((c) => labelled[c]! > 0);
  const hidden = present.filter((c) => right[c] === 0 || right[c] === labelled[c]);
  const variances = hidden.map((c) => {
    const units = unitsOf.get(c)!;
    const share = (units + 0.5) / (units + 1);
    return (share * (1 - share)) / units;
  });
  return variances.reduce((sum, variance) => sum + variance, 0) / present.length ** 2;
}

/**
 * Precision, recall and F1 of each class against all others, 0 to 1, higher is better, as
 * scikit-learn's `precision_recall_fscore_support`: 0 where nothing is called the class. NaN for a
 * class without images.
 */
export function classDecisions(matrix: Float64Array) {
  const { labelled, called, right } = sumsOf(matrix);
  return labelled.map((count, c) => ({
    precision: count === 0 ? Number.NaN : right[c]! / Math.max(called[c]!, Number.MIN_VALUE),
    recall: right[c]! / count,
    f1: count === 0 ? Number.NaN : (2 * right[c]!) / (count + called[c]!),
  }));
}

/**
 * How many of the highest scores are searched for an image's class, where there are more classes.
 */
const tops = [3, 5] as const;
type TopAccuracies = { readonly top3Accuracy: number; readonly top5Accuracy: number };

/**
 * All measures of scores for several classes, for one weighting after another, as a bootstrap needs
 * them: what does not depend on weights is computed once.
 *
 * - `auc`, 0 to 1, higher is better, 0.5 is chance: Hand and Till's; see {@link handTillAuc}.
 * - `top3Accuracy`, `top5Accuracy`, 0 to 1: the share of images with their class among the 3 or 5
 *   highest scores; of equal scores at the end of these, each is as likely to be among them.
 * - `loss`, from 0 up in nats, lower is better: see {@link crossEntropy}. Always answering the
 *   class shares gives their entropy.
 * - `brier`, 0 to 2, lower is better: the mean of Σ (p_c - y_c)² over the classes (Brier 1950, not
 *   halved as it is for two classes).
 * - `calibrationError`, 0 to 1, lower is better: the expected calibration error of the predicted
 *   class's probability (Guo et al. 2017).
 * - `classwiseCalibrationError`, 0 to 1: the mean over the classes of the error of their own
 *   probability (Kull et al. 2019, "Beyond temperature scaling", equation 4).
 */
export function classStatistics(scores: ClassScores) {
  const areaOf = handTillAuc(scores);
  const calibration = classCalibration(scores);
  const inTops = tops
    .filter((top) => scores.classes > top)
    .map((top) => ({
      top,
      chances: Float64Array.from(scores.labels, (_, i) => chanceInTop(scores, i, top)),
    }));
  return (weights: ArrayLike<number>) => {
    const matrix = confusionMatrix(scores, { weights });
    const { majorityAccuracy: _, ...decisions } = decisionsOf(matrix);
    const hits = inTops.map(({ top, chances }) => {
      return [`top${top}Accuracy`, weightedMean(chances.length, (i) => chances[i]!, { weights })];
    });
    const topAccuracies = Object.fromEntries(hits) as TopAccuracies;
    return {
      whole: { auc: areaOf(weights), ...decisions, ...topAccuracies, ...calibration(weights) },
      classes: classDecisions(matrix),
    };
  };
}

/** The measures of {@link classStatistics} that judge probabilities. */
export function classCalibration({
  labels,
  logits,
  probabilities,
  predictions,
  ties,
  classes,
}: ClassScores) {
  const losses = Float64Array.from(labels, (label, i) => lossOf(i, label, logits, classes));
  const squares = Float64Array.from(labels, (label, i) => {
    let sum = 0;
    for (let c = 0; c < classes; c++)
      sum += (probabilities[classes * i + c]! - (c === label ? 1 : 0)) ** 2;
    return sum;
  });
  /** The error of the probability of one class of each image. */
  const binned = (classOf: (image: number) => number, isRight: (image: number) => number) =>
    binsUnderWeights(
      Float64Array.from(labels, (_, i) => isRight(i)),
      Float64Array.from(labels, (_, i) => Math.min(1, probabilities[classes * i + classOf(i)]!)),
    );
  const top = binned(
    (i) => predictions[i]!,
    (i) => {
      const tied = ties.get(i) ?? [predictions[i]!];
      return tied.includes(labels[i]!) ? 1 / tied.length : 0;
    },
  );
  const own = Array.from({ length: classes }, (_, c) =>
    binned(
      () => c,
      (i) => (labels[i] === c ? 1 : 0),
    ),
  );
  return (weights: ArrayLike<number>) => ({
    loss: weightedMean(losses.length, (i) => losses[i]!, { weights }),
    brier: weightedMean(squares.length, (i) => squares[i]!, { weights }),
    calibrationError: calibrationError(top(weights)),
    classwiseCalibrationError: mean(own.map((bins) => calibrationError(bins(weights)))),
  });
}
