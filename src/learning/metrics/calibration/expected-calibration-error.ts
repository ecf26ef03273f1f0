import { type CalibrationOptions, calibrationBins } from './calibration-bins.ts';

/**
 * How far the probabilities of class 1 are from how often it comes, 0 to 1: the mean over items of their bin's
 * |share of class 1 - mean probability| (Naeini et al. 2015, "Obtaining well calibrated probabilities using Bayesian
 * binning"). Lower is better; by chance alone it is above 0, the more so the fewer items. NaN for no items.
 *
 * Of two classes, this takes the probability of one over 0 to 1, where Guo et al. 2017 take that of the predicted class over
 * 0.5 to 1: there what is too sure of real can hide what is not sure enough of fake.
 *
 * Example: labels 0 0 1 1, probabilities 0.1 0.4 0.35 0.8 in 2 bins give 0.0875 = (3 · 0.05 + 1 · 0.2) / 4.
 *
 * @param labels 0 or 1 for each item.
 * @param probabilities Of class 1, 0 to 1, for each item; throws a RangeError otherwise.
 */
export function expectedCalibrationError(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  options: CalibrationOptions = {},
): number {
  let sum = 0;
  let total = 0;
  for (const { items, meanProbability, positiveShare } of calibrationBins(labels, probabilities, options)) {
    sum += items * Math.abs(positiveShare - meanProbability);
    total += items;
  }
  return sum / total;
}
