import type { Point } from '../../src/learning/charts/simplify-line.ts';
import {
  type CalibrationBin,
  calibrationBins,
  expectedCalibrationError,
} from '../../src/learning/metrics/calibration/calibration-bins.ts';
import { fitTemperature, temperatureInterval } from '../../src/learning/metrics/calibration/temperature.ts';
import { aucInterval } from '../../src/learning/metrics/intervals/auc-interval.ts';
import {
  type BootstrapSample,
  bootstrapBand,
  bootstrapIntervals,
  drawsGroups,
} from '../../src/learning/metrics/intervals/bootstrap.ts';
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

export type MeasuredModel = ReturnType<typeof measure>;

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

export const bins = 15;

/** Where bands are drawn: evenly on the axis of the ROC, and evenly on that of the DET, in normal deviates. */
const even = Array.from({ length: 101 }, (_, i) => i / 100);
const rocPlaces = [...new Set([...even.slice(0, 6).map((x) => x / 5), ...even])].sort((a, b) => a - b);
const detPlaces = Array.from({ length: 81 }, (_, i) => normalCdf(-3.2 + (6.4 * i) / 80));

/**
 * Everything that charts and tables show of one model. Fakes are positive; images are ranked by the score of fake minus that of
 * real.
 */
export function measure(
  { name, rows, calibration }: Omit<Model, 'labels'>,
  { confidence: level, draws, seed }: Pick<RocDetSettings, 'confidence' | 'draws' | 'seed'>,
) {
  const labels = rows.map(({ label }) => label);
  const scores = rows.map(({ real, fake }) => fake - real);
  const ranking = rankScores(scores);
  const groups = rows.map(({ group }) => group);
  const sample: BootstrapSample = { labels, groups, draws, seed };
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
  const ofFirst = scores.map((score) => -score);
  return {
    name,
    real: labels.filter((label) => label === 0).length,
    fake: labels.filter((label) => label === 1).length,
    /** The number of independent units that the images make, where some come in groups. */
    groups: drawsGroups(sample) ? new Set(groups.map((group, i) => group ?? i)).size : undefined,
    auc: aucInterval(sample, scores, level),
    /** The area where images are ranked by the first score, real; fake is positive here too. */
    firstScoreAuc: auc(countAtThresholds(labels, ofFirst)),
    ...intervals,
    /** The mean probability of fake. If it differs from the share of fakes, no temperature corrects it. */
    meanProbability: mean(probabilities),
    /** x false positive rate, y true positive rate, from (0, 0) to (1, 1). */
    roc: curveOf(roc.falsePositiveRate, roc.truePositiveRate, bands.roc),
    /** x false positive rate, y false negative rate, x falling; trimmed to where both change. */
    det: curveOf(det.falsePositiveRate, det.falseNegativeRate, bands.det),
    /** x recall, y precision, x rising. */
    precisionRecall: curveOf(
      precisionRecall.recall.toReversed(),
      precisionRecall.precision.toReversed(),
      bands.precisionRecall,
    ),
    reliability: reliabilityOf(sample, probabilities, level),
    scaled: scale(rows, calibration, unit, level),
  };
}

const curveOf = (x: Float64Array, y: Float64Array, band: Curve['band']): Curve => ({
  points: Array.from(x, (value, i) => ({ x: value, y: y[i]! })),
  band,
});

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
  const bandOf = (places: readonly number[], first: number): Curve['band'] => {
    const rows = places
      .map((x, i) => ({ x, low: band.low[first + i]!, high: band.high[first + i]! }))
      .filter(({ low }) => !Number.isNaN(low));
    // Empty where every draw gave the same curve, which carries no information on the spread.
    return rows.some(({ low, high }) => low < high) ? rows : [];
  };
  const missRates = bandOf(detPlaces, rocPlaces.length);
  return {
    roc: bandOf(rocPlaces, 0),
    det: missRates.map(({ x, low, high }) => ({ x, low: 1 - high, high: 1 - low })),
    precisionRecall: bandOf(even, rocPlaces.length + detPlaces.length),
  };
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

/**
 * Calibration after the temperature that another split gave; undefined where that split lacks a class, or no temperature is
 * best.
 */
function scale(rows: readonly ScoreRow[], calibration: readonly ScoreRow[], unit: ScoreScale, level: number) {
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
    /** Where it may lie, by the images that it was fitted on; the upper end may be Infinity. */
    temperatureEnds: temperatureInterval(classes, logits, temperature, level, groups),
    /** The number of images that it was fitted on. */
    images: calibration.length,
    calibrationError: expectedCalibrationError(labels, probabilities, { bins }),
    reliability: calibrationBins(labels, probabilities, { bins }),
  };
}
