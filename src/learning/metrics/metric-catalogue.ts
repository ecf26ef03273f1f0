import type { WeightedStatistic } from './arithmetic/weights.ts';
import { classwiseCalibrationError, topCalibrationError } from './calibration/calibration-error.ts';
import { imageBrierScores, imageLosses } from './calibration/losses.ts';
import type { ClassScores } from './classification/class-scores.ts';
import {
  accuracy,
  balancedAccuracy,
  cohensKappa,
  type Decisions,
  f1Of,
  macroF1,
  majorityAccuracy,
  matthewsCorrelation,
  missRateOf,
  precisionOf,
  recallOf,
} from './classification/decision-metrics.ts';
import { handTillAuc } from './classification/hand-till-auc.ts';
import { topAccuracy } from './classification/top-accuracy.ts';
import type { Form } from './intervals/bootstrap.ts';
import { acceptedUnknowns } from './ranking/accepted-unknowns.ts';
import { auc, partialAuc } from './ranking/auc.ts';
import { equalErrorRate } from './ranking/chosen-thresholds.ts';
import { averagePrecision } from './ranking/precision-recall.ts';
import { truePositiveRateAt } from './ranking/roc-curve.ts';
import type { ThresholdCounts } from './ranking/threshold-counts.ts';
import type { Forecasts } from './scores/forecasts.ts';

/** A metric of predictions: the facts about it, and the function that computes it. */
export interface Metric {
  /** Its key in metrics files; there a path may stand before it: `test.auc`. */
  readonly name: string;
  /** Its name in running text: `AUC`, `equal error rate`. */
  readonly title: string;
  /** What it is, in a few words below its number; absent where the title says it. */
  readonly meaning?: string;
  /** What it is measured in, for an axis; absent for a share or a coefficient. */
  readonly unit?: string;
  readonly better: 'higher' | 'lower';
  readonly range: readonly [low: number, high: number];
  /**
   * The level of scores without information for two classes; absent where it depends on the shares
   * of the classes, or on more.
   */
  readonly chance?: number;
  /** The numbers of classes for which `evaluate` writes it; absent: any. */
  readonly classes?: { readonly least?: number; readonly most?: number };
  /** Reports show a headline metric first. */
  readonly isHeadline?: true;
  /** Comparisons of runs show it first, without being asked for further numbers. */
  readonly isCompared?: true;
  /** The name of the metric of the simplest model, which reports show beside it. */
  readonly baseline?: string;
  /** Whether it is undefined for images of one class, where a file has 0. */
  readonly isZeroForOneClass?: true;
  /** Whether every image counts alike; otherwise every class does. */
  readonly perImage?: true;
  /** Whether a few images may decide it, such as the largest losses. */
  readonly isSkewed?: true;
  /** The false positive rate that it is about: only this share of the negatives decides. */
  readonly rate?: number;
  /** What it needs to be known. */
  readonly needs?: MetricNeeds;
  /** Whether a detector's has an interval that needs no draws. */
  readonly hasExactInterval?: true;
  /**
   * Whether it is of a part of a split's images or a fitted threshold, so that nothing is chosen by
   * it.
   */
  readonly isOfParts?: true;
  /** Computes it from the decisions for the highest score. */
  readonly ofDecisions?: (decisions: Decisions) => number;
  /** Computes a detector's from the ranking of the images. */
  readonly ofRanking?: (counts: ThresholdCounts) => number;
  /**
   * Computes the values of the images, `[images]`, from probabilities; the metric is their mean.
   */
  readonly ofImages?: (forecasts: Forecasts) => Float64Array;
  /** Computes it from probabilities, for one weighting after another. */
  readonly ofForecasts?: (forecasts: Forecasts) => WeightedStatistic;
  /** Computes a classifier's from all scores, in place of the above. */
  readonly ofScores?: (scores: ClassScores) => WeightedStatistic;
}

/** The fewest images that determine a metric, or groups where images have groups. */
export interface MetricNeeds {
  /**
   * Images of the negative class for the number itself: with fewer, its false positive rate is less
   * than one of them.
   */
  readonly negatives?: number;
  /**
   * Units for an interval that covers the truth, in all if every image counts alike, else of the
   * rarest class; Infinity where none does.
   */
  readonly forInterval?: number;
}

const unit = [0, 1] as const;
const signed = [-1, 1] as const;
const positiveClass = 1;

/**
 * Every metric, the most important ones first. A new one is a row here, and a file with its
 * function: `evaluate` then measures it, with an interval, and everything can be chosen, compared
 * and drawn by it.
 */
export const metricCatalogue = [
  {
    name: 'auc',
    title: 'AUC',
    better: 'higher',
    range: unit,
    chance: 0.5,
    isHeadline: true,
    isCompared: true,
    hasExactInterval: true,
    ofRanking: auc,
    ofScores: handTillAuc,
  },
  {
    name: 'accuracy',
    title: 'accuracy',
    meaning: 'share of all images',
    better: 'higher',
    range: unit,
    isHeadline: true,
    isCompared: true,
    baseline: 'majorityAccuracy',
    perImage: true,
    ofDecisions: accuracy,
  },
  {
    name: 'balancedAccuracy',
    title: 'balanced accuracy',
    meaning: 'mean over the classes',
    better: 'higher',
    range: unit,
    chance: 0.5,
    isHeadline: true,
    ofDecisions: balancedAccuracy,
  },
  {
    name: 'equalErrorRate',
    title: 'equal error rate',
    better: 'lower',
    range: unit,
    chance: 0.5,
    classes: { most: 2 },
    isHeadline: true,
    isCompared: true,
    ofRanking: (counts) => equalErrorRate(counts).rate,
  },
  {
    name: 'matthewsCorrelation',
    title: 'Matthews correlation',
    better: 'higher',
    range: signed,
    chance: 0,
    isHeadline: true,
    isZeroForOneClass: true,
    ofDecisions: matthewsCorrelation,
  },
  {
    name: 'calibrationError',
    title: 'calibration error',
    better: 'lower',
    range: unit,
    isHeadline: true,
    needs: { forInterval: Number.POSITIVE_INFINITY },
    ofForecasts: classwiseCalibrationError,
    ofScores: topCalibrationError,
  },
  {
    name: 'loss',
    title: 'loss',
    unit: 'cross-entropy, nats',
    better: 'lower',
    range: [0, Number.POSITIVE_INFINITY],
    isCompared: true,
    perImage: true,
    isSkewed: true,
    needs: { forInterval: 100 },
    ofImages: imageLosses,
  },
  {
    name: 'brier',
    title: 'Brier score',
    better: 'lower',
    range: unit,
    perImage: true,
    isSkewed: true,
    needs: { forInterval: 100 },
    ofImages: imageBrierScores,
  },
  {
    name: 'averagePrecision',
    title: 'average precision',
    better: 'higher',
    range: unit,
    classes: { most: 2 },
    ofRanking: averagePrecision,
  },
  {
    name: 'partialAucTo10PercentFpr',
    title: 'partial AUC up to 10 % FPR',
    better: 'higher',
    range: unit,
    chance: 0.5,
    classes: { most: 2 },
    rate: 0.1,
    ofRanking: (counts) => partialAuc(counts, 0.1),
  },
  {
    name: 'tprAt1PercentFpr',
    title: 'TPR at 1 % FPR',
    better: 'higher',
    range: unit,
    chance: 0.01,
    classes: { most: 2 },
    rate: 0.01,
    needs: { negatives: 100 },
    ofRanking: (counts) => truePositiveRateAt(counts, 0.01),
  },
  {
    name: 'tprAt10PercentFpr',
    title: 'TPR at 10 % FPR',
    better: 'higher',
    range: unit,
    chance: 0.1,
    classes: { most: 2 },
    rate: 0.1,
    needs: { negatives: 10 },
    ofRanking: (counts) => truePositiveRateAt(counts, 0.1),
  },
  {
    name: 'precision',
    title: 'precision',
    better: 'higher',
    range: unit,
    classes: { most: 2 },
    ofDecisions: (decisions) => precisionOf(decisions, positiveClass),
  },
  {
    name: 'recall',
    title: 'recall',
    better: 'higher',
    range: unit,
    classes: { most: 2 },
    ofDecisions: (decisions) => recallOf(decisions, positiveClass),
  },
  {
    name: 'f1',
    title: 'F1',
    better: 'higher',
    range: unit,
    classes: { most: 2 },
    ofDecisions: (decisions) => f1Of(decisions, positiveClass),
  },
  {
    name: 'macroF1',
    title: 'macro F1',
    better: 'higher',
    range: unit,
    classes: { least: 3 },
    ofDecisions: macroF1,
  },
  {
    name: 'cohensKappa',
    title: "Cohen's kappa",
    better: 'higher',
    range: signed,
    chance: 0,
    classes: { least: 3 },
    ofDecisions: cohensKappa,
  },
  {
    name: 'top3Accuracy',
    title: 'top-3 accuracy',
    better: 'higher',
    range: unit,
    classes: { least: 4 },
    perImage: true,
    ofScores: topAccuracy(3),
  },
  {
    name: 'top5Accuracy',
    title: 'top-5 accuracy',
    better: 'higher',
    range: unit,
    classes: { least: 6 },
    perImage: true,
    ofScores: topAccuracy(5),
  },
  {
    name: 'classwiseCalibrationError',
    title: 'classwise calibration error',
    better: 'lower',
    range: unit,
    classes: { least: 3 },
    needs: { forInterval: Number.POSITIVE_INFINITY },
    ofForecasts: classwiseCalibrationError,
  },
  {
    name: 'falsePositiveRateAt95',
    title: 'unknown images accepted at 95 % of known',
    better: 'lower',
    range: unit,
    isOfParts: true,
    ofRanking: (counts) => acceptedUnknowns(counts, 0.95),
  },
  {
    // The accuracy on the images of a source.
    name: 'calledRight',
    title: 'called right',
    better: 'higher',
    range: unit,
    perImage: true,
    isOfParts: true,
  },
  {
    name: 'majorityAccuracy',
    title: 'majority class',
    better: 'higher',
    range: unit,
    isOfParts: true,
    ofDecisions: majorityAccuracy,
  },
  {
    name: 'falsePositiveRate',
    title: 'false positive rate',
    better: 'lower',
    range: unit,
    isOfParts: true,
    ofDecisions: (decisions) => missRateOf(decisions, 0),
  },
  {
    name: 'falseNegativeRate',
    title: 'false negative rate',
    better: 'lower',
    range: unit,
    isOfParts: true,
    ofDecisions: (decisions) => missRateOf(decisions, positiveClass),
  },
] as const satisfies readonly Metric[];

export type MetricName = (typeof metricCatalogue)[number]['name'];

const byName: ReadonlyMap<string, Metric> = new Map(
  metricCatalogue.map((metric) => [metric.name, metric]),
);

/** The metrics that reports show first, in this order. */
export const headlineMetrics: readonly Metric[] = [...byName.values()].filter(
  ({ isHeadline }) => isHeadline,
);

/** The metrics that comparisons of runs show first, in this order. */
export const comparedMetrics: readonly Metric[] = [...byName.values()].filter(
  ({ isCompared }) => isCompared,
);

/**
 * The metric that a name of the catalogue or a path in a metrics file ends in; undefined for one
 * that is not listed.
 */
export const findMetric = (path: string): Metric | undefined =>
  byName.get(path.slice(path.lastIndexOf('.') + 1));

/**
 * A path in a metrics file in words, for an axis: `AUC on test` for `test.auc`; one that ends in no
 * listed metric stays.
 */
export function titleOfPath(path: string): string {
  const title = findMetric(path)?.title;
  if (title === undefined) return path;
  const [split, ...names] = path.split('.');
  const where = names.length === 0 ? '' : ` on ${split}`;
  return title[0]!.toUpperCase() + title.slice(1) + where;
}

export const metric = (name: MetricName): Metric => byName.get(name)!;

/** The metric of the simplest model, with which one is compared; undefined where it has none. */
export const baselineOf = ({ baseline }: Metric): Metric | undefined =>
  baseline === undefined ? undefined : byName.get(baseline);

/** The title of a metric's axis, with its unit: `Loss (cross-entropy, nats)`. */
export function axisTitle(name: MetricName): string {
  const { unit } = metric(name);
  return titleOfPath(name) + (unit === undefined ? '' : ` (${unit})`);
}

/** Every split with scores has this metric, whatever its classes. */
const metricOfEverySplit = metric('accuracy');

/**
 * The part of a metrics file in which a path shows that scores were measured: `test` for
 * `test.accuracy`, empty for `accuracy`; undefined for a path of another number.
 */
export function measuredPart(path: string): string | undefined {
  if (findMetric(path) !== metricOfEverySplit) return undefined;
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

/**
 * Why a metric, given by its path in a metrics file, is null in a file that has it; undefined where
 * another reason is as likely.
 */
export function reasonMissing(path: string): string | undefined {
  const negatives = findMetric(path)?.needs?.negatives;
  return negatives === undefined ? undefined : `needs ${negatives} images of the negative class`;
}

/** How a metric varies over test sets; one that is not listed is unbounded. */
export function formOf(name: string): Form {
  const { range, perImage, isSkewed } = findMetric(name) ?? {};
  return {
    // A few large losses may lie far above the others, so no upper end bounds their mean.
    ...(range && { range: isSkewed ? [range[0], Number.POSITIVE_INFINITY] : range }),
    ...(perImage && { perImage }),
    ...(isSkewed && { isSkewed }),
  };
}

/** The metrics by which a model, an epoch or a slice can be chosen: those of all its images. */
export const chosenBy = metricCatalogue
  .filter((row: Metric) => !row.isOfParts)
  .map(({ name }) => name);

/** Compares two values of a metric for sorting, the better one first. */
export const betterFirst = ({ better }: Metric, a: number, b: number): number =>
  better === 'higher' ? b - a : a - b;
