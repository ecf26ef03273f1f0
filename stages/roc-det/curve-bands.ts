import type { Resampled } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { bandOf } from '../../src/learning/metrics/intervals/bootstrap-band.ts';
import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import { fewestDeciding } from '../../src/learning/metrics/metric-intervals.ts';
import { precisionsAt } from '../../src/learning/metrics/ranking/precision-recall.ts';
import { truePositiveRatesAt } from '../../src/learning/metrics/ranking/roc-curve.ts';
import type { ThresholdCounts } from '../../src/learning/metrics/ranking/threshold-counts.ts';

/** A confidence band around a curve, by rising x. */
export type Band = readonly { readonly x: number; readonly low: number; readonly high: number }[];

/** The bands of the three curves of one model. */
export type CurveBands = Readonly<Record<'roc' | 'det' | 'precisionRecall', Band>>;

/**
 * Where bands are drawn: evenly on the axis of the ROC, and evenly on that of the DET, in normal
 * deviates.
 */
const even = Array.from({ length: 101 }, (_, i) => i / 100);
const rocRates = [...new Set([...even.slice(0, 6).map((x) => x / 5), ...even])].sort(
  (a, b) => a - b,
);
const detRates = Array.from({ length: 81 }, (_, i) => normalCdf(-3.2 + (6.4 * i) / 80));

/**
 * The heights of the three curves, one curve after the other: what a draw gives for their bands.
 */
export const heightsOf = (counts: ThresholdCounts): Float64Array =>
  Float64Array.of(
    ...truePositiveRatesAt(counts, rocRates),
    ...truePositiveRatesAt(counts, detRates),
    ...precisionsAt(counts, even),
  );

/**
 * The bands of the curves, whose heights follow each other as in {@link heightsOf}, from where
 * negatives decide.
 */
export function bandsOf(heights: Resampled<ArrayLike<number>>, level: number): CurveBands {
  const negatives = heights.units.byClass.get(0) ?? 0;
  const positives = heights.units.byClass.get(1) ?? 0;
  const deciding = [
    ...[...rocRates, ...detRates].map((rate) => decidingAt(rate) * negatives),
    ...even.map((recall) => decidingAt(recall) * positives),
  ];
  const band = bandOf(heights, level);
  const rowsOf = (positions: readonly number[], first: number): Band => {
    const rows = positions
      .map((x, i) => ({ x, low: band.low[first + i]!, high: band.high[first + i]! }))
      .filter(({ low }, i) => !Number.isNaN(low) && deciding[first + i]! >= fewestDeciding);
    // Empty where every draw gave the same curve, which carries no information on the spread.
    return rows.some(({ low, high }) => low < high) ? rows : [];
  };
  const missRates = rowsOf(detRates, rocRates.length);
  return {
    roc: rowsOf(rocRates, 0),
    det: missRates.map(({ x, low, high }) => ({ x, low: 1 - high, high: 1 - low })),
    precisionRecall: rowsOf(even, rocRates.length + detRates.length),
  };
}

/**
 * The share of a class that decides a curve at a share of it: near 1 the image with the lowest
 * score decides alone, as near 0 that with the highest does.
 */
const decidingAt = (share: number): number => Math.min(share, 1 - share);
