import { type SideNames, usualSides } from '../../src/learning/metrics/binary-view.ts';
import { confusion, majorityAccuracy } from '../../src/learning/metrics/confusion.ts';
import { type Calibration, type Decision, rankings, type Scored } from '../../src/learning/metrics/split-statistics.ts';
import { type IntervalOptions, type Measured, measureAuc } from './measure.ts';

type Resampled = Decision | 'precision' | 'recall' | 'f1' | Calibration | (typeof rankings)[number];

/** The metrics of one split: an entry of the `metrics` output. Its `images` are groups if these are judged. */
export function splitMetrics(
  scored: Scored,
  { intervals, ...numbers }: Measured<Resampled>,
  options: IntervalOptions & { readonly names: SideNames },
) {
  const { labels } = scored;
  const fake = labels.reduce((sum, label) => sum + label, 0);
  const { intervals: ofArea, ...area } = measureAuc(scored, options);
  const both = { ...numbers, ...area, intervals: { ...intervals, ...ofArea } };
  const { majorityAccuracy, ...predictions } = predictionsOf({ ...scored, ...options });
  return {
    ...{ images: labels.length, ...bySide(options.names, labels.length - fake, fake), majorityAccuracy },
    ...(fake > 0 && fake < labels.length ? both : withoutRanking(both)),
    ...predictions,
  };
}

/** Numbers of both sides, by the names of the classes or, where these are others than real and fake, by the sides. */
const bySide = (names: SideNames, negative: number, positive: number) =>
  names.join() === usualSides.join()
    ? { real: negative, fake: positive }
    : { sides: { negative: names[0], positive: names[1] }, negative, positive };

function predictionsOf({ labels, predictions, names }: Pick<Scored, 'labels' | 'predictions'> & { names: SideNames }) {
  const counts = confusion(labels, predictions);
  const { trueNegatives, falseNegatives, falsePositives, truePositives } = counts;
  // A network that learned nothing predicts one class only.
  const { sides: _, ...called } = bySide(names, trueNegatives + falseNegatives, falsePositives + truePositives);
  return { majorityAccuracy: majorityAccuracy(counts), confusion: counts, called };
}

/** With a single class present, some of these metrics are defined but meaningless. */
function withoutRanking<T extends Measured<Resampled | 'auc'>>(metrics: T): T {
  const none = Object.fromEntries([...rankings, 'auc'].map((name) => [name, null]));
  return { ...metrics, ...none, intervals: { ...metrics.intervals, ...none } };
}

/** Decisions at a threshold: images are called fake from this difference of their scores on, fake minus real. */
export const predictionsAt = (threshold: number, { differences }: Scored): Uint8Array =>
  Uint8Array.from(differences, (difference) => (difference >= threshold ? 1 : 0));

type AtThreshold = Decision | 'falsePositiveRate' | 'falseNegativeRate';

/** The metrics of decisions at a threshold. */
export function metricsAt(
  predictions: Uint8Array,
  { labels, names }: Scored & { names: SideNames },
  measured: Measured<AtThreshold>,
) {
  const { majorityAccuracy, ...others } = predictionsOf({ labels, predictions, names });
  return { majorityAccuracy, ...measured, ...others };
}
