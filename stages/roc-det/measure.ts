import type { Point } from '../../src/learning/charts/simplify-line.ts';
import {
  logitDifferences,
  logitsOf,
  positiveProbabilities,
  positiveProbabilitiesOf,
  type ScoreScale,
  scaleOf,
} from '../../src/learning/metrics/arithmetic/logits.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import {
  binOf,
  binsUnderWeights,
  type CalibrationBin,
  calibrationBins,
  calibrationError,
  expectedCalibrationError,
  usualBins,
} from '../../src/learning/metrics/calibration/calibration-bins.ts';
import {
  fitTemperature,
  temperatureInterval,
} from '../../src/learning/metrics/calibration/temperature.ts';
import {
  aucInterval,
  oneSidedEnds,
  perfectAreaBound,
} from '../../src/learning/metrics/intervals/auc-interval.ts';
import {
  drawsGroups,
  intervalOf,
  resultOf,
} from '../../src/learning/metrics/intervals/bootstrap.ts';
import { equalErrorModel } from '../../src/learning/metrics/intervals/equal-error-model.ts';
import type { IntervalOptions } from '../../src/learning/metrics/intervals/interval.ts';
import { resampleInThreads } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { metricIntervals } from '../../src/learning/metrics/metric-intervals.ts';
import { auc } from '../../src/learning/metrics/ranking/auc.ts';
import { equalErrorRate } from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { detCurve } from '../../src/learning/metrics/ranking/det-curve.ts';
import {
  averagePrecision,
  precisionRecallCurve,
} from '../../src/learning/metrics/ranking/precision-recall.ts';
import { rocCurve } from '../../src/learning/metrics/ranking/roc-curve.ts';
import {
  countAtThresholds,
  countDraws,
  type RankedScores,
  rankScores,
  type ThresholdCounts,
} from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { type Band, bandsOf, type CurveBands, heightsOf } from './curve-bands.ts';
import type { Model } from './read-models.ts';

/** Everything that charts and tables show of one model. */
export type MeasuredModel = Awaited<ReturnType<typeof measure>>;

/** A curve with its confidence band. */
export interface Curve {
  readonly points: readonly Point[];
  /** Empty where the draws do not show the spread. */
  readonly band: Band;
}

/**
 * A bin with the interval of its share of positives: the bound of Clopper and Pearson 1934 where
 * the share is 0 or 1. NaN where the draws do not show the spread.
 */
export interface ReliabilityBin extends CalibrationBin {
  readonly shareLow: number;
  readonly shareHigh: number;
}

/** What is resampled of a ranking, for bands with the heights of its curves. */
const ranked = (counts: ThresholdCounts, bands: boolean) => ({
  equalErrorRate: equalErrorRate(counts).rate,
  averagePrecision: averagePrecision(counts),
  heights: bands ? heightsOf(counts) : new Float64Array(),
});

/**
 * All statistics in one pass over the draws, since drawing and ranking take longer than the
 * measures.
 */
export function curveStatistics(
  labels: readonly number[],
  ranking: RankedScores,
  probabilities: Float64Array,
  bands = true,
) {
  const counts = countDraws(labels, ranking);
  const binned = binsUnderWeights(labels, probabilities);
  return (weights: Uint8Array) => ({ ...ranked(counts(weights), bands), binned: binned(weights) });
}

interface MeasureOptions extends IntervalOptions {
  /** At most, for many scores; the numbers are the same for any number of them. */
  readonly threads: number;
  /** Whether its curves are drawn: their bands take most of the time. Default true. */
  readonly bands?: boolean;
}

/**
 * Measures one model. Positives are positive; images are ranked by their score minus that of
 * negative.
 */
export async function measure(
  {
    name,
    rows,
    calibration,
    scale = scaleOf([...rows, ...calibration]),
    sides,
  }: Omit<Model, 'labels' | 'unit'>,
  { confidence: level, draws, seed, threads, bands = true }: MeasureOptions,
) {
  const labels = rows.map(({ label }) => label);
  const scores = rows.map(({ negative, positive }) => positive - negative);
  const ranking = rankScores(scores);
  const groups = rows.map(({ group }) => group);
  const sample = { labels, groups, draws, seed };
  const probabilities = positiveProbabilitiesOf(rows, scale);
  const resampled = await resampleInThreads(
    sample,
    () => curveStatistics(labels, ranking, probabilities, bands),
    {
      threads,
      start: () =>
        startWorker(import.meta.url, 'draw-curves-worker', {
          sample,
          ranking,
          probabilities,
          bands,
        }),
    },
  );
  const numbers = resultOf(resampled, ({ equalErrorRate, averagePrecision, binned }) => ({
    equalErrorRate,
    averagePrecision,
    calibrationError: calibrationError(binned),
  }));
  const heights = resultOf(resampled, ({ heights }) => heights);
  const shares = resultOf(resampled, ({ binned }) => sharesOf(binned));
  const unitsIn = unitsByBin(probabilities, groups);
  const ofFirst = scores.map((score) => -score);
  return {
    name,
    sides,
    negative: labels.filter((label) => label === 0).length,
    positive: labels.filter((label) => label === 1).length,
    groups: countGroups(groups),
    auc: aucInterval(sample, ranking, level),
    /**
     * The area where images are ranked by the first score, negative; positive is positive here too.
     */
    firstScoreAuc: auc(countAtThresholds(labels, ofFirst)),
    ...metricIntervals(numbers, level, {
      equalErrorRate: { model: equalErrorModel(sample, ranking) },
    }),
    /**
     * The mean probability of positive. If it differs from the share of positives, no temperature
     * corrects it.
     */
    meanProbability: mean(probabilities),
    ...curvesOf(countAtThresholds(labels, ranking), bandsOf(heights, level)),
    reliability: resampled.estimate.binned.map((bin): ReliabilityBin => {
      const index = indexOf(bin);
      const units = unitsIn[index]!;
      if (bin.positiveShare === 0 || bin.positiveShare === 1) {
        // Every draw is equal, which carries no information on the spread.
        const bound = perfectAreaBound(units, level);
        const [shareLow, shareHigh] = oneSidedEnds(bin.positiveShare, bound);
        return { ...bin, shareLow, shareHigh };
      }
      const form = { range: [0, 1], deciding: units - 1 } as const;
      const { low, high } = intervalOf(
        resultOf(shares, (heights) => heights[index]!),
        level,
        form,
      );
      return { ...bin, shareLow: low, shareHigh: high };
    }),
    scaled: scaleByTemperature(rows, calibration, scale, level),
  };
}

/** The number of independent units that images make; undefined where none come in groups. */
const countGroups = (groups: readonly (string | undefined)[]): number | undefined =>
  drawsGroups(groups) ? new Set(groups.map((group, i) => group ?? i)).size : undefined;

function curvesOf(counts: ThresholdCounts, bands: CurveBands) {
  const roc = rocCurve(counts);
  const det = detCurve(counts);
  const { recall, precision } = precisionRecallCurve(counts);
  return {
    /** x false positive rate, y true positive rate, from (0, 0) to (1, 1). */
    roc: curveOf(roc.falsePositiveRate, roc.truePositiveRate, bands.roc),
    /** x false positive rate, y false negative rate, x falling; trimmed to where both change. */
    det: curveOf(det.falsePositiveRate, det.falseNegativeRate, bands.det),
    /** x recall, y precision, x rising. */
    precisionRecall: curveOf(recall.toReversed(), precision.toReversed(), bands.precisionRecall),
  };
}

const curveOf = (x: Float64Array, y: Float64Array, band: Band): Curve => ({
  points: Array.from(x, (value, i) => ({ x: value, y: y[i]! })),
  band,
});

const indexOf = ({ low }: CalibrationBin): number => Math.round(low * usualBins);

/** The number of units in each bin. */
function unitsByBin(
  probabilities: Float64Array,
  groups: readonly (string | undefined)[],
): readonly number[] {
  const inBin = Array.from({ length: usualBins }, () => new Set<string | number>());
  for (const [i, probability] of probabilities.entries()) {
    inBin[binOf(probability, usualBins)]!.add(groups[i] ?? i);
  }
  return inBin.map(({ size }) => size);
}

/** The share of positives in each bin; NaN for an empty one. */
function sharesOf(binned: readonly CalibrationBin[]): Float64Array {
  const shares = new Float64Array(usualBins).fill(Number.NaN);
  for (const bin of binned) shares[indexOf(bin)] = bin.positiveShare;
  return shares;
}

/**
 * Calibration at the temperature fitted to another split; undefined where that lacks a class, or no
 * temperature is best.
 */
function scaleByTemperature(
  rows: readonly BinaryRow[],
  calibration: readonly BinaryRow[],
  scale: ScoreScale,
  level: number,
) {
  const classes = calibration.map(({ label }) => label);
  // Calling everything the one class would be calibrated best.
  if (new Set(classes).size < 2) return undefined;
  const logits = logitDifferences(logitsOf(calibration, scale));
  const temperature = fitTemperature(classes, logits);
  if (!(temperature > 0 && temperature < Infinity)) return undefined;
  const groups = calibration.map(({ group }) => group);
  const labels = rows.map(({ label }) => label);
  const probabilities = positiveProbabilities(logitDifferences(logitsOf(rows, scale)), temperature);
  return {
    temperature,
    /** Its interval, by the images that it was fitted on; the upper end may be Infinity. */
    temperatureEnds: temperatureInterval(classes, logits, temperature, level, groups),
    /** The number of images that it was fitted on. */
    images: calibration.length,
    calibrationError: expectedCalibrationError(labels, probabilities),
    reliability: calibrationBins(labels, probabilities),
  };
}
