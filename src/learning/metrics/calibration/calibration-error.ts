import { mean } from '../arithmetic/mean.ts';
import type { WeightedStatistic } from '../arithmetic/weights.ts';
import type { ClassScores } from '../classification/class-scores.ts';
import type { Forecasts } from '../scores/forecasts.ts';
import { binsUnderWeights, calibrationError } from './calibration-bins.ts';

/**
 * The mean over the judged classes of the calibration error of their own probability, 0 to 1, lower
 * is better (Kull et al. 2019, "Beyond temperature scaling", equation 4). Of a detector it is the
 * {@link expectedCalibrationError} of its positive class.
 */
export function classwiseCalibrationError(forecasts: Forecasts): WeightedStatistic {
  const { judged, labels } = forecasts;
  const binned = judged.map((c) =>
    binsUnderWeights(
      membersOf(labels, c),
      probabilitiesOf(forecasts, () => c),
    ),
  );
  return (weights) => mean(binned.map((bins) => calibrationError(bins(weights))));
}

/**
 * The calibration error of the predicted class's probability, 0 to 1, lower is better (Guo et al.
 * 2017, "On calibration of modern neural networks").
 */
export function topCalibrationError(scores: ClassScores): WeightedStatistic {
  const { labels, predictions, ties } = scores;
  const shares = Float64Array.from(labels, (label, i) => {
    const tied = ties.get(i) ?? [predictions[i]!];
    return tied.includes(label) ? 1 / tied.length : 0;
  });
  const binned = binsUnderWeights(
    shares,
    probabilitiesOf(scores, (i) => predictions[i]!),
  );
  return (weights) => calibrationError(binned(weights));
}

/** The probability of one class of each image. */
function probabilitiesOf(
  { labels, probabilities, classes }: Forecasts,
  classOf: (image: number) => number,
): Float64Array {
  const ofClass = new Float64Array(labels.length);
  for (let i = 0; i < ofClass.length; i++)
    ofClass[i] = Math.min(1, probabilities[classes * i + classOf(i)]!);
  return ofClass;
}

/** 1 for the images of a class, and 0 for all others. */
function membersOf(labels: ArrayLike<number>, c: number): Uint8Array {
  const members = new Uint8Array(labels.length);
  for (let i = 0; i < members.length; i++) members[i] = labels[i] === c ? 1 : 0;
  return members;
}
