import type { Point } from '../../src/learning/charts/simplify-line.ts';
import {
  type CalibrationBin,
  calibrationBins,
  expectedCalibrationError,
} from '../../src/learning/metrics/calibration/calibration-bins.ts';
import { fitTemperature, temperatureInterval } from '../../src/learning/metrics/calibration/temperature.ts';
import { aucInterval } from '../../src/learning/metrics/intervals/auc-interval.ts';
import {
  type Band,
  type BootstrapSample,
  bootstrapBand,
  bootstrapIntervals,
  drawsGroups,
} from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import {
  fakeProbabilities,
  fakeProbabilitiesOf,
  logitDifferences,
  logitsOf,
  type ScoreScale,
  scaleOf,
} from '../../src/learning/metrics/logits.ts';
import { mean } from '../../src/learning/metrics/mean.ts';
import { auc } from '../../src/learning/metrics/ranking/auc.ts';
import { equalErrorRate } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import {
  averagePrecision,
  precisionRecallCurve,
  precisionsAt,
} from '../../src/learning/metrics/ranking/precision-recall.ts';
import { detCurve, rocCurve, truePositiveRatesAt } from '../../src/learning/metrics/ranking/roc-curve.ts';
import {
  countAtThresholds,
  rankScores,
  type ThresholdCounts,
} from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import type { Model } from './read-models.ts';
import type { RocDetSettings } from './spec.ts';

/** Everything that charts and tables show of one model. */
export interface MeasuredModel {
  readonly name: string;
  readonly real: number;
  readonly fake: number;
  /** How many independent units the images make, where some come in groups. */
  readonly groups: number | undefined;
  readonly auc: Interval;
  /** The area where images are ranked by the first score, real, in place of the second; fake is positive here too. */
  readonly firstScoreAuc: number;
  readonly equalErrorRate: Interval;
  readonly averagePrecision: Interval;
  readonly calibrationError: Interval;
  /** The mean probability of fake: where it is not the share of fakes, no temperature mends it. */
  readonly meanProbability: number;
  /** x false positive rate, y true positive rate, from (0, 0) to (1, 1). */
  readonly roc: Curve;
  /** x false positive rate, y false negative rate, x falling; trimmed to where both change. */
  readonly det: Curve;
  /** x recall, y precision, x rising. */
  readonly precisionRecall: Curve;
  readonly reliability: readonly ReliabilityBin[];
  /** Absent where there is no split of both classes to fit it on, or no temperature is best. */
  readonly scaled: ScaledCalibration | undefined;
}

export interface Curve {
  readonly points: readonly Point[];
  /** Around the curve, by rising x. */
  readonly band: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

/** A bin with the interval of its share of fakes. */
export interface ReliabilityBin extends CalibrationBin {
  readonly shareLow: number;
  readonly shareHigh: number;
}

/** Calibration after the temperature that another split gave. */
export interface ScaledCalibration {
  readonly temperature: number;
  /** Where it may lie, by the images that it was fitted on; the upper end may be Infinity. */
  readonly temperatureEnds: readonly [low: number, high: number];
  /** Images that it was fitted on. */
  readonly images: number;
  readonly calibrationError: number;
  readonly reliability: readonly CalibrationBin[];
}

export type MeasureOptions = Pick<RocDetSettings, 'confidence' | 'draws' | 'seed'>;

export const bins = 15;

/** Where bands are drawn: evenly on the axis of the ROC, and evenly on that of the DET, in normal deviates. */
const even = Array.from({ length: 101 }, (_, i) => i / 100);
const rocPlaces = [...new Set([...even.slice(0, 6).map((x) => x / 5), ...even])].sort((a, b) => a - b);
const detPlaces = Array.from({ length: 81 }, (_, i) => normalCdf(-3.2 + (6.4 * i) / 80));

/** Ranks and judges one model's images: fakes are positive, the ranking is that of the scores' difference. */
export function measure({ name, rows, calibration }: Omit<Model, 'labels'>, options: MeasureOptions): MeasuredModel {
  const labels = rows.map(({ label }) => label);
  const scores = rows.map(difference);
  const ranking = rankScores(scores);
  const groups = rows.map(({ group }) => group);
  const sample: BootstrapSample = { labels, groups, draws: options.draws, seed: options.seed };
  const level = options.confidence;
  const counts = (weights: Float64Array) => countAtThresholds(labels, ranking, { weights });
  const bands = bandsOf(sample, counts, level);
  const unit = scaleOf([...rows, ...calibration]);
  const probabilities = fakeProbabilitiesOf(rows, unit);
  const intervals = bootstrapIntervals(
    sample,
    (weights) => ({
      equalErrorRate: equalErrorRate(counts(weights)).rate,
      averagePrecision: averagePrecision(counts(weights)),
      calibrationError: expectedCalibrationError(labels, probabilities, { bins, weights }),
    }),
    level,
    ['calibrationError'],
  );
  const counted = countAtThresholds(labels, scores);
  const [roc, det, precisionRecall] = [rocCurve(counted), detCurve(counted), precisionRecallCurve(counted)];
  const reversed = countAtThresholds(
    labels,
    scores.map((score) => -score),
  );
  return {
    name,
    real: labels.filter((label) => label === 0).length,
    fake: labels.filter((label) => label === 1).length,
    groups: drawsGroups(sample) ? new Set(groups.map((group, i) => group ?? i)).size : undefined,
    auc: aucInterval(sample, scores, level),
    firstScoreAuc: auc(reversed),
    ...intervals,
    meanProbability: mean(probabilities),
    roc: { points: pointsOf(roc.falsePositiveRate, roc.truePositiveRate), band: bands.roc },
    det: {
      points: pointsOf(det.falsePositiveRate, det.falseNegativeRate),
      band: bands.det,
    },
    precisionRecall: {
      points: pointsOf(precisionRecall.recall, precisionRecall.precision).reverse(),
      band: bands.precisionRecall,
    },
    reliability: reliabilityOf(sample, probabilities, level),
    scaled: scale(rows, calibration, unit, level),
  };
}

/** The bands of all curves in one pass over the draws, since the counts of a draw cost more than the heights of its curves. */
function bandsOf(
  sample: BootstrapSample,
  counts: (weights: Float64Array) => ThresholdCounts,
  level: number,
): Readonly<Record<'roc' | 'det' | 'precisionRecall', Curve['band']>> {
  const band = bootstrapBand(
    sample,
    (weights) => {
      const counted = counts(weights);
      return Float64Array.of(
        ...truePositiveRatesAt(counted, rocPlaces),
        ...truePositiveRatesAt(counted, detPlaces),
        ...precisionsAt(counted, even),
      );
    },
    level,
  );
  const bandOf = (places: readonly number[], first: number) => {
    const part = (ends: Float64Array) => ends.subarray(first, first + places.length);
    return rowsOfBand(places, { low: part(band.low), high: part(band.high) });
  };
  const missRates = bandOf(detPlaces, rocPlaces.length);
  return {
    roc: bandOf(rocPlaces, 0),
    det: missRates.map(({ x, low, high }) => ({ x, low: 1 - high, high: 1 - low })),
    precisionRecall: bandOf(even, rocPlaces.length + detPlaces.length),
  };
}

function difference({ real, fake }: ScoreRow): number {
  return fake - real;
}

function pointsOf(x: Float64Array, y: Float64Array): Point[] {
  return Array.from(x, (value, i) => ({ x: value, y: y[i]! }));
}

/** Empty where every draw gave the same curve, which carries no information on the spread. */
function rowsOfBand(places: readonly number[], { low, high }: Band): Curve['band'] {
  const rows = places.map((x, i) => ({ x, low: low[i]!, high: high[i]! })).filter((row) => !Number.isNaN(row.low));
  return rows.some((row) => row.low < row.high) ? rows : [];
}

function reliabilityOf(sample: BootstrapSample, probabilities: Float64Array, level: number): ReliabilityBin[] {
  const { labels } = sample;
  const indexOf = ({ low }: CalibrationBin) => Math.round(low * bins);
  const band = bootstrapBand(
    sample,
    (weights) => {
      const shares = new Float64Array(bins).fill(Number.NaN);
      for (const bin of calibrationBins(labels, probabilities, { bins, weights }))
        shares[indexOf(bin)] = bin.positiveShare;
      return shares;
    },
    level,
  );
  return calibrationBins(labels, probabilities, { bins }).map((bin) => ({
    ...bin,
    shareLow: band.low[indexOf(bin)]!,
    shareHigh: band.high[indexOf(bin)]!,
  }));
}

function scale(
  rows: readonly ScoreRow[],
  calibration: readonly ScoreRow[],
  unit: ScoreScale,
  level: number,
): ScaledCalibration | undefined {
  const classes = calibration.map(({ label }) => label);
  if (new Set(classes).size < 2) return undefined; // calling everything the one class would be calibrated best
  const logits = logitDifferences(logitsOf(calibration, unit));
  const temperature = fitTemperature(classes, logits);
  if (!(temperature > 0 && temperature < Infinity)) return undefined;
  const groups = calibration.map(({ group }) => group);
  const labels = rows.map(({ label }) => label);
  const probabilities = fakeProbabilities(logitDifferences(logitsOf(rows, unit)), temperature);
  return {
    temperature,
    temperatureEnds: temperatureInterval(classes, logits, temperature, level, groups),
    images: calibration.length,
    calibrationError: expectedCalibrationError(labels, probabilities, { bins }),
    reliability: calibrationBins(labels, probabilities, { bins }),
  };
}
