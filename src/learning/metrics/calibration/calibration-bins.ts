import { requireOneEach, type Weighted } from '../arithmetic/weights.ts';

/** Items of similar probability: a point of a reliability diagram. */
export interface CalibrationBin {
  /** The bin holds probabilities above `low` and up to `high`; the first bin also holds 0. */
  readonly low: number;
  readonly high: number;
  /** Number of items, or their weight; above 0. */
  readonly items: number;
  readonly meanProbability: number;
  readonly positiveShare: number;
}

/** The number of bins, as in Guo et al. 2017, "On calibration of modern neural networks". */
export const usualBins = 15;

/** The bin of a probability from 0 to 1, counted from 0. A bin holds its upper end. */
export const binOf = (probability: number, bins: number): number =>
  Math.max(0, Math.ceil(probability * bins) - 1);

/**
 * Predicted against observed shares of class 1 in bins of equal width, by rising probability, as
 * scikit-learn's `calibration_curve`; empty bins are left out. In the bins of a calibrated model
 * both agree.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 in 2 bins give the observed shares 1/3
 * and 1 for 0.2833 and 0.8.
 *
 * @param labels 0 or 1 for each item, or between where a label is undecided.
 * @param probabilities Of class 1, 0 to 1, for each item; throws a RangeError otherwise.
 * @param options {@link usualBins} by default.
 */
export function calibrationBins(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  {
    bins,
    weights = new Uint8Array(labels.length).fill(1),
  }: Weighted & { readonly bins?: number } = {},
): readonly CalibrationBin[] {
  requireOneEach(labels, probabilities, 'probability');
  return binsUnderWeights(labels, probabilities, bins)(weights);
}

/** {@link calibrationBins} under one weighting after another: items are sorted by bin once. */
export function binsUnderWeights(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  bins = usualBins,
): (weights: ArrayLike<number>) => readonly CalibrationBin[] {
  const binOfItem = new Uint16Array(probabilities.length);
  const ends = new Uint32Array(bins);
  for (let i = 0; i < binOfItem.length; i++) {
    const probability = probabilities[i]!;
    if (!(probability >= 0 && probability <= 1)) {
      throw new RangeError(`Expected a probability from 0 to 1, got ${probability} at index ${i}`);
    }
    binOfItem[i] = binOf(probability, bins);
    ends[binOfItem[i]!]!++;
  }
  for (let bin = 1; bin < bins; bin++) ends[bin]! += ends[bin - 1]!;
  const items = new Uint32Array(binOfItem.length);
  const shares = new Float64Array(binOfItem.length);
  const values = new Float64Array(binOfItem.length);
  const next = Uint32Array.of(0, ...ends);
  for (let i = 0; i < binOfItem.length; i++) {
    const position = next[binOfItem[i]!]!++;
    items[position] = i;
    shares[position] = labels[i]!;
    values[position] = probabilities[i]!;
  }
  return (weights) =>
    Array.from(ends, (end, bin) => {
      const { total, positives, sum } = addUp(
        weights,
        { items, shares, values },
        ends[bin - 1] ?? 0,
        end,
      );
      const meanProbability = sum / total;
      const positiveShare = positives / total;
      return {
        low: bin / bins,
        high: (bin + 1) / bins,
        items: total,
        meanProbability,
        positiveShare,
      };
    }).filter((bin) => bin.items > 0);
}

/** Items sorted by bin: their indices, their labels and their probabilities. */
interface BinnedItems {
  readonly items: Uint32Array;
  readonly shares: Float64Array;
  readonly values: Float64Array;
}

/**
 * Adds up one bin: the weights of items, and their weighted labels and probabilities. Sums in
 * registers, since sums in memory would wait for each other; not a closure, since V8 would compile
 * each one separately.
 */
function addUp(
  weights: ArrayLike<number>,
  { items, shares, values }: BinnedItems,
  from: number,
  end: number,
) {
  let total = 0;
  let positives = 0;
  let sum = 0;
  for (let position = from; position < end; position++) {
    const weight = weights[items[position]!]!;
    total += weight;
    positives += weight * shares[position]!;
    sum += weight * values[position]!;
  }
  return { total, positives, sum };
}

/**
 * The expected calibration error, 0 to 1, lower is better: the mean over items of their bin's
 * |observed share - mean probability| (Naeini et al. 2015, "Obtaining well calibrated probabilities
 * using Bayesian binning"). Chance alone makes it positive, the more so the fewer items there are.
 * NaN for no items. It bins the probability of class 1. Guo et al. 2017 bin that of the predicted
 * class, where too much confidence in one class can hide too little in the other. Parameters and
 * errors are those of {@link calibrationBins}.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 in 2 bins give 0.0875 = (3 · 0.05 + 1 ·
 * 0.2) / 4.
 */
export const expectedCalibrationError = (...given: Parameters<typeof calibrationBins>): number =>
  calibrationError(calibrationBins(...given));

/** {@link expectedCalibrationError} of bins. */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  let sum = 0;
  let total = 0;
  for (const { items, meanProbability, positiveShare } of bins) {
    sum += items * Math.abs(positiveShare - meanProbability);
    total += items;
  }
  return sum / total;
}
