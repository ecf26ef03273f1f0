import { mean, sampleVariance } from '../arithmetic/mean.ts';
import {
  type BootstrapSample,
  onAllImages,
  type Resampled,
  resample,
  resultOf,
  type Statistic,
  spreadOf,
} from '../intervals/bootstrap.ts';
import { studentT } from '../intervals/student-t.ts';
import { shareOfRight } from './accuracy-difference.ts';
import type { ClassAnswer } from './class-answers.ts';
import {
  type AccuracyComparison,
  adjusted,
  type CompareOptions,
  type ModelComparison,
  pairsOf,
  type TestedDifference,
} from './compare-models.ts';
import type { MatchedRows, MatchedScores } from './match-scores.ts';
import { accuracyOfRows, aucOfRows } from './row-statistics.ts';
import { welch } from './welch.ts';

/**
 * Compares every pair of models that were each run several times, such as once for each seed, by
 * their mean AUC and accuracy. Other runs and other test images would both change a mean, so the
 * variance of a difference is the sum of that of the mean over runs, s² / n for each model, and of
 * the bootstrap variance over the images that all runs scored. The test is Welch's, where the
 * variance over images has the degrees of freedom of {@link spreadOf}. The deviation of a run is
 * partly due to the images, which counts twice: the test is conservative. The p-values of a model
 * with a single run are NaN.
 *
 * @param groups For each model, the indices of its runs in `matched.models`.
 */
export function compareRuns(
  { labels, groups: units, models }: MatchedScores,
  groups: readonly (readonly number[])[],
  { level, draws, seed }: CompareOptions,
): readonly ModelComparison[] {
  const sample: BootstrapSample = { labels, groups: units, draws, seed };
  const pairs = pairsOf(groups);
  const areas = models.map((rows) => aucOfRows(labels, rows));
  const shares = models.map((rows) => accuracyOfRows(labels, rows));
  const auc = adjusted(welchTests(sample, groups, areas, { level }));
  const accuracy = adjusted(welchTests(sample, groups, shares, { level, perImage: true }));
  return pairs.map(([first, second], i) => ({
    one: first,
    other: second,
    auc: auc[i]!,
    accuracy: accuracy[i]!,
  }));
}

/**
 * The same for classifiers of any number of classes, by their mean accuracy: which wrong class a
 * run names counts nothing.
 *
 * @param groups For each model, the indices of its runs in `matched.models`.
 */
export function compareClassifierRuns(
  { labels, groups: units, models }: MatchedRows<ClassAnswer>,
  groups: readonly (readonly number[])[],
  { level, draws, seed }: CompareOptions,
): readonly AccuracyComparison[] {
  const classes = [...new Set(labels)];
  const indices = new Map(classes.map((name, index) => [name, index]));
  const numbers = labels.map((label) => indices.get(label)!);
  const sample: BootstrapSample = { labels: numbers, groups: units, draws, seed };
  const shares = models.map((rows) => shareOfRight(rows.map(({ right }) => right)));
  const tested = adjusted(welchTests(sample, groups, shares, { level, perImage: true }));
  return pairsOf(groups).map(([one, other], i) => ({ one, other, accuracy: tested[i]! }));
}

function welchTests(
  sample: BootstrapSample,
  groups: readonly (readonly number[])[],
  statistics: readonly Statistic[],
  { level, ...form }: { readonly level: number; readonly perImage?: boolean },
): readonly Omit<TestedDifference, 'adjustedP'>[] {
  const meansOf = (weights: Uint8Array) =>
    groups.map((runs) => mean(runs.map((run) => statistics[run]!(weights))));
  const values = statistics.map((statistic) => onAllImages(sample, statistic));
  const resampled: Resampled<readonly number[]> = resample(sample, meansOf);
  const ofRuns = groups.map((runs) => runs.map((run) => values[run]!));
  return pairsOf(groups).map(([first, second]) => {
    const firstValues = ofRuns[first]!;
    const secondValues = ofRuns[second]!;
    const difference = mean(firstValues) - mean(secondValues);
    const images = spreadOf(
      resultOf(resampled, (means) => means[first]! - means[second]!),
      form,
    );
    const runs = [firstValues, secondValues].map(
      (of) => [sampleVariance(of) / of.length, of.length - 1] as const,
    );
    const { p, freedom, error } = welch(difference, [
      ...runs,
      [images.deviation ** 2, images.freedom],
    ]);
    const test = 'runs-and-images';
    if (Number.isNaN(p)) return { difference, low: p, high: p, p, test };
    const half = studentT(level, freedom) * error;
    return { difference, low: difference - half, high: difference + half, p, test };
  });
}
