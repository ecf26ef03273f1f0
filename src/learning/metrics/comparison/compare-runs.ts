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
import {
  adjusted,
  type CompareOptions,
  type ModelComparison,
  pairsOf,
  type TestedDifference,
} from './compare-models.ts';
import type { MatchedScores } from './match-scores.ts';
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
