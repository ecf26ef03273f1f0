import { mean } from '../arithmetic/mean.ts';

/**
 * How images were called, class by class: counts, or sums of weights. All metrics of decisions are
 * computed from it, for any number of classes.
 */
export interface Decisions {
  readonly images: number;
  /** Images of each class: `[classes]`. */
  readonly labelled: readonly number[];
  /** Images that were called each class: `[classes]`. */
  readonly called: readonly number[];
  /** Images of each class that were called it: `[classes]`. */
  readonly right: readonly number[];
  /** {@link Forecasts.judged} */
  readonly judged: readonly number[];
}

/**
 * The decisions of a confusion matrix, `[classes, classes]`, a row for each label.
 *
 * @param judged By default all classes.
 */
export function decisionsOf(matrix: Float64Array, judged?: readonly number[]): Decisions {
  const classes = Math.sqrt(matrix.length);
  const rows = Array.from({ length: classes }, (_, row) =>
    matrix.subarray(row * classes, (row + 1) * classes),
  );
  const labelled = rows.map((row) => row.reduce((sum, count) => sum + count, 0));
  return {
    images: sumOf(labelled),
    labelled,
    called: rows.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0)),
    right: rows.map((row, c) => row[c]!),
    judged: judged ?? [...rows.keys()],
  };
}

/**
 * The share of images whose class is predicted, 0 to 1. Higher is better; compare it with
 * {@link majorityAccuracy}. NaN for no images.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75.
 */
export const accuracy = ({ right, images }: Decisions): number => sumOf(right) / images;

/**
 * The accuracy of always answering the most frequent class, 1 / classes to 1: what a classifier
 * must beat. NaN for no images.
 *
 * Example: labels 0 0 0 1 give 0.75.
 */
export const majorityAccuracy = ({ labelled, images }: Decisions): number =>
  Math.max(...labelled) / images;

/**
 * The mean over the classes of the share that is called right, 0 to 1 (Brodersen et al. 2010, "The
 * balanced accuracy and its posterior distribution"). Higher is better; 1 / classes is chance,
 * whatever the shares of the classes. As in scikit-learn, a class without images is left out; NaN
 * for no images.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.75 = (1/2 + 2/2) / 2.
 */
export const balancedAccuracy = ({ labelled, right }: Decisions): number =>
  mean(labelled.flatMap((count, c) => (count > 0 ? [right[c]! / count] : [])));

/**
 * The mean {@link f1Of F1} of the classes that some image is of or is called, 0 to 1, higher is
 * better. NaN for no images.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 11/15 = (2/3 + 4/5) / 2.
 */
export function macroF1(decisions: Decisions): number {
  const { labelled, called } = decisions;
  const seen = labelled.flatMap((count, c) => (count + called[c]! > 0 ? [c] : []));
  return mean(seen.map((c) => f1Of(decisions, c)));
}

/**
 * The agreement of labels and predictions beyond that by chance, -1 to 1: (pₒ - pₑ) / (1 - pₑ)
 * (Cohen 1960, "A coefficient of agreement for nominal scales"). Higher is better; 0 is chance. NaN
 * where labels and predictions are one class, and for no images.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.5 = (3/4 - 1/2) / (1 - 1/2).
 */
export function cohensKappa(decisions: Decisions): number {
  const { labelled, called, images } = decisions;
  const chance = dot(labelled, called) / images ** 2;
  return (accuracy(decisions) - chance) / (1 - chance);
}

/**
 * The correlation of labels and predictions, -1 to 1: Σ cov(label is c, prediction is c) over the
 * judged classes, over the root of the same sums of both variances (Gorodkin 2004, "Comparing two
 * K-category assignments by a K-category correlation coefficient"). Of two classes it is that of
 * either (Matthews 1975, "Comparison of the predicted and observed secondary structure of T4 phage
 * lysozyme"). Higher is better, 0 is chance. 0 also where labels or predictions are of one class
 * only, as in scikit-learn's `matthews_corrcoef`. For no images NaN of a detector, 0 of others.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.57735 = 2 / √12.
 */
export function matthewsCorrelation({
  images,
  labelled,
  called,
  right,
  judged,
}: Decisions): number {
  const areAll = judged.length === labelled.length;
  // NaN would be right for both, but files of a classifier have 0: a change needs a new version.
  if (images === 0) return areAll ? 0 : Number.NaN;
  const of = (counts: readonly number[]) => judged.map((c) => counts[c]!);
  // Covariances and variances, times images². Of all classes, the counts sum to the images.
  const variance = (counts: readonly number[]) =>
    (areAll ? images ** 2 : images * sumOf(of(counts))) - dot(of(counts), of(counts));
  const covariance = sumOf(of(right)) * images - dot(of(labelled), of(called));
  // Roots of both, since their product may pass all floats.
  const scale = Math.sqrt(variance(called)) * Math.sqrt(variance(labelled));
  return scale === 0 ? 0 : covariance / scale;
}

/**
 * The share of images of a class among those that are called it, 0 to 1. Higher is better; chance
 * gives the share of the class. 0 where nothing is called the class, as in scikit-learn's
 * `precision_score`.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 2/3 for class 1.
 */
export const precisionOf = ({ called, right }: Decisions, c: number): number =>
  shareOf(right[c]!, called[c]!);

/**
 * The share of a class's images that are called it, 0 to 1: of the positive class the true positive
 * rate. Higher is better, but calling everything the class gives 1. 0 where it has no images, as in
 * scikit-learn's `recall_score`.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 0 give 0.5 for class 1.
 */
export const recallOf = ({ labelled, right }: Decisions, c: number): number =>
  shareOf(right[c]!, labelled[c]!);

/**
 * The harmonic mean of precision and recall of a class, 0 to 1 (van Rijsbergen 1979, "Information
 * retrieval", chapter 7, as 1 - E). Higher is better; images that are neither of the class nor
 * called it do not count. 0 where there are none but these, as in scikit-learn's `f1_score`.
 *
 * Example: labels 0 0 1 1, predictions 0 1 1 1 give 0.8 for class 1.
 */
export const f1Of = ({ labelled, called, right }: Decisions, c: number): number =>
  shareOf(2 * right[c]!, labelled[c]! + called[c]!);

/** The share of images of a class that are not called it, 0 to 1, lower is better. */
export const missRateOf = ({ labelled, right }: Decisions, c: number): number =>
  (labelled[c]! - right[c]!) / labelled[c]!;

/** Precision, recall and F1 of each class; NaN for a class without images. */
export const classDecisions = (decisions: Decisions) =>
  decisions.labelled.map((count, c) => ({
    precision: count === 0 ? Number.NaN : precisionOf(decisions, c),
    recall: count === 0 ? Number.NaN : recallOf(decisions, c),
    f1: count === 0 ? Number.NaN : f1Of(decisions, c),
  }));

/**
 * The variance of the balanced accuracy that resampling cannot show: the images of a class that are
 * all called right, or all wrong, are so in every resample. For such a class it is that of a share
 * of (n + 1/2) / (n + 1), the mean of the share's distribution by Jeffreys' prior; the mean over
 * the K classes has 1 / K² of their sum. 0 where every class has right and wrong ones.
 *
 * Example: two classes of 9 and 90 units, of which the first has no mistake, give 0.95 · 0.05 / 9 /
 * 4 = 0.00132.
 *
 * @param unitsOf The number of units, images or groups, by class.
 */
export function unseenVariance(
  { labelled, right }: Decisions,
  unitsOf: ReadonlyMap<number, number>,
): number {
  const present = [...labelled.keys()].filter((c) => labelled[c]! > 0);
  const hidden = present.filter((c) => right[c] === 0 || right[c] === labelled[c]);
  const variances = hidden.map((c) => {
    const units = unitsOf.get(c)!;
    const share = (units + 0.5) / (units + 1);
    return (share * (1 - share)) / units;
  });
  return sumOf(variances) / present.length ** 2;
}

const shareOf = (part: number, whole: number): number => (part === 0 ? 0 : part / whole);

const sumOf = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

const dot = (a: readonly number[], b: readonly number[]): number =>
  sumOf(a.map((value, c) => value * b[c]!));
