import type { Decisions } from './classification/decision-metrics.ts';
import {
  type Confusion,
  confusionAt,
  confusionBetween,
  decisionsOfSides,
} from './detector-confusion.ts';
import { type DetectorScores, temperedDetector } from './detector-scores.ts';
import type { Statistic } from './intervals/bootstrap.ts';
import { judgeForecasts } from './judge-forecasts.ts';
import { type Metric, type MetricName, metric, metricCatalogue } from './metric-catalogue.ts';
import { countDraws, type RankedScores, type ThresholdCounts } from './ranking/threshold-counts.ts';

export type Statistics<Name extends string> = Statistic<Readonly<Record<Name, number>>>;

type Row = (typeof metricCatalogue)[number];
type OfParts = { readonly isOfParts: true };
type OfTwoClasses = { readonly classes: { readonly most: 2 } };
type OfMoreClasses = { readonly classes: { readonly least: number } };
type WithoutDraws = { readonly hasExactInterval: true };
type OfForecasts = { readonly ofForecasts: object } | { readonly ofImages: object };

/** The metrics of a detector's split that are resampled. */
export type DetectorMetric = Exclude<Row, OfParts | OfMoreClasses | WithoutDraws>['name'];
/** The metrics of a classifier's split; those of the highest scores only with enough classes. */
export type ClassifierMetric = Exclude<Row, OfParts | OfTwoClasses>['name'];
/** The metrics that judge probabilities, which a temperature changes. */
export type CalibrationMetric = Extract<Row, OfForecasts>['name'];

/** The order of keys in files of metrics, as it always was; those of later metrics follow. */
const earlierKeys: readonly string[] = [
  'auc',
  'accuracy',
  'balancedAccuracy',
  'macroF1',
  'cohensKappa',
  'matthewsCorrelation',
  'precision',
  'recall',
  'f1',
  'top3Accuracy',
  'top5Accuracy',
  'loss',
  'brier',
  'calibrationError',
  'classwiseCalibrationError',
  'averagePrecision',
  'equalErrorRate',
  'partialAucTo10PercentFpr',
  'tprAt1PercentFpr',
  'tprAt10PercentFpr',
] satisfies readonly MetricName[];

const positionOf = ({ name }: Metric): number => {
  const index = earlierKeys.indexOf(name);
  return index === -1 ? earlierKeys.length : index;
};

/** The metrics of all images of a split, in the order of their keys. */
export const wholeMetrics: readonly Metric[] = metricCatalogue
  .filter((row: Metric) => !row.isOfParts)
  .toSorted((a, b) => positionOf(a) - positionOf(b));

const detectorMetrics = wholeMetrics.filter(
  ({ classes, hasExactInterval }) => classes?.least === undefined && !hasExactInterval,
);

/** Metrics of the order of the scores; undefined if a class is missing. */
export const rankingMetrics: readonly string[] = wholeMetrics
  .filter(({ ofRanking }) => ofRanking !== undefined)
  .map(({ name }) => name);

/** What is measured where a threshold of another split decides. */
const atThreshold = [
  'accuracy',
  'balancedAccuracy',
  'matthewsCorrelation',
  'falsePositiveRate',
  'falseNegativeRate',
] as const satisfies readonly MetricName[];
type ThresholdMetric = (typeof atThreshold)[number];

/** Values fitted to the validation split; null where none is best. */
export interface Fitted {
  /** The difference of the scores, positive minus negative, at which both error rates are equal. */
  readonly equalErrorThreshold: number | null;
  /** The difference with the highest balanced accuracy. */
  readonly youdenThreshold: number | null;
  /** The divisor of the logits with the lowest loss, 1 leaving them as they are. */
  readonly temperature: number | null;
}

/** Metrics that judge probabilities, by the catalogue. */
export const judgesForecasts = ({ ofImages, ofForecasts }: Metric): boolean =>
  ofImages !== undefined || ofForecasts !== undefined;

/** What a draw gives for the metrics of a detector. */
interface DetectorDraw {
  readonly counts: ThresholdCounts;
  readonly decisions: Decisions;
  /** The metrics that judge probabilities. */
  readonly judged: Readonly<Record<string, number>>;
}

/**
 * Everything of a detector that is resampled, of each draw once: what the images give, and what the
 * fitted values give there.
 */
export function detectorStatistics(scored: DetectorScores, fitted: Fitted | undefined) {
  const { labels, ranking } = scored;
  const { equalErrorThreshold = null, youdenThreshold = null, temperature = null } = fitted ?? {};
  const countsOf = countDraws(labels, ranking);
  const decide = decideByScore(ranking);
  const judge = judgeForecasts(
    temperature === null ? [scored] : [scored, temperedDetector(scored, temperature)],
    detectorMetrics.filter(judgesForecasts),
    (row, scores) => row.ofForecasts!(scores),
  );
  const whole = wholeDetector(scored);
  const atEqualError = decidedAt(equalErrorThreshold, ranking);
  const atYouden = decidedAt(youdenThreshold, ranking);
  return (weights: Uint8Array) => {
    const counts = countsOf(weights);
    const decisions = decisionsOfSides(decide(counts));
    const [judged, tempered] = judge(weights);
    return {
      whole: whole({ counts, decisions, judged: judged! }),
      atEqualError: atEqualError?.(counts),
      atYouden: atYouden?.(counts),
      tempered: tempered as DetectorCalibration | undefined,
    };
  };
}

type DetectorCalibration = Readonly<
  Record<Exclude<CalibrationMetric, 'classwiseCalibrationError'>, number>
>;

/** The metrics of a detector from a draw. */
function wholeDetector({ labels }: DetectorScores) {
  const negatives = labels.reduce((count, label) => count + (label === 0 ? 1 : 0), 0);
  const metrics = detectorMetrics.map(({ name, needs, ofDecisions, ofRanking }) => {
    const isKnown = negatives >= (needs?.negatives ?? 0);
    const compute = ({ counts, decisions, judged }: DetectorDraw) => {
      if (!isKnown) return Number.NaN;
      return ofDecisions?.(decisions) ?? ofRanking?.(counts) ?? judged[name]!;
    };
    return { name, compute };
  });
  return (draw: DetectorDraw) => {
    const values = metrics.map(({ name, compute }) => [name, compute(draw)]);
    return Object.fromEntries(values) as Readonly<Record<DetectorMetric, number>>;
  };
}

/** The decisions that call positive what scores at least `threshold`; undefined without one. */
function decidedAt(threshold: number | null, { thresholds }: RankedScores) {
  if (threshold === null) return undefined;
  const last = thresholds.findLastIndex((difference) => difference >= threshold);
  return (counts: ThresholdCounts) => {
    const decisions = decisionsOfSides(confusionAt(counts, last));
    const values = atThreshold.map((name) => [name, metric(name).ofDecisions!(decisions)]);
    return Object.fromEntries(values) as Readonly<Record<ThresholdMetric, number>>;
  };
}

/**
 * The decisions of the higher score, from the counts of a ranking by the differences. Images with
 * two equal scores count half as either class: what deciding them by coin gives on average,
 * whatever the order of the classes.
 */
export function decideByScore({
  thresholds,
}: RankedScores): (counts: ThresholdCounts) => Confusion {
  const above = thresholds.findLastIndex((difference) => difference > 0);
  const tied = thresholds.findLastIndex((difference) => difference >= 0);
  return (counts) => confusionBetween(confusionAt(counts, above), confusionAt(counts, tied));
}

export const inOrder = (values: Readonly<Record<string, number>>, metrics: readonly Metric[]) =>
  Object.fromEntries(metrics.map(({ name }) => [name, values[name]!]));
