import { type BootstrapSample, bootstrapWeights, redrawsClasses } from '../intervals/bootstrap.ts';
import { studentT, twoSidedT } from '../intervals/student-t.ts';
import { mean } from '../mean.ts';
import type { CompareOptions, ModelComparison, TestedDifference } from './compare-models.ts';
import { holm } from './holm.ts';
import type { MatchedScores } from './match-scores.ts';
import { accuracyOfRows, aucOfRows, type WeightedStatistic } from './row-statistics.ts';

/** With more degrees of freedom Student's distribution is the normal one to three digits. */
const mostFreedom = 1000;

/**
 * Every pair of models of which each was run several times, such as once for each seed, by their mean AUC and accuracy. Other
 * runs and other test images would both change a mean, so the variance of a difference is the sum of both causes: that of
 * the mean over runs, s² / n of either model, and the bootstrap's over the images that all runs scored. The test is Welch's
 * (1947, "The generalization of Student's problem when several different population variances are involved"), with the
 * variance over images as one of many degrees of freedom. What a run's deviation owes to the images is counted twice, which
 * errs to the careful side. A model of a single run says nothing of others: its p-values are NaN.
 *
 * @param groups Of each model, the indices of its runs in `matched.models`.
 */
export function compareRuns(
  { labels, groups: units, models }: MatchedScores,
  groups: readonly (readonly number[])[],
  { level, draws, seed }: CompareOptions,
): readonly ModelComparison[] {
  const sample: BootstrapSample = { labels, groups: units, draws, seed };
  const pairs = groups.flatMap((_, one) => groups.slice(one + 1).map((_, i) => [one, one + 1 + i] as const));
  const tested = (statistics: readonly WeightedStatistic[]) => {
    const compared = comparePairs(sample, groups, statistics, pairs, level);
    const adjusted = holm(compared.map(({ p }) => p));
    return compared.map((one, i): TestedDifference => ({ ...one, adjustedP: adjusted[i]!, test: 'runs-and-images' }));
  };
  const areas = tested(models.map((rows) => aucOfRows(labels, rows)));
  const shares = tested(models.map((rows) => accuracyOfRows(labels, rows)));
  return pairs.map(([one, other], i) => ({ one, other, auc: areas[i]!, accuracy: shares[i]! }));
}

function comparePairs(
  sample: BootstrapSample,
  groups: readonly (readonly number[])[],
  statistics: readonly WeightedStatistic[],
  pairs: readonly (readonly [one: number, other: number])[],
  level: number,
) {
  const meansOf = (weights: Float64Array) => groups.map((runs) => mean(runs.map((run) => statistics[run]!(weights))));
  const all = new Float64Array(sample.labels.length).fill(1);
  const values = statistics.map((statistic) => statistic(all));
  const drawn = Array.from(redrawsClasses(sample) ? bootstrapWeights(sample) : [], meansOf);
  const ofRuns = groups.map((runs) => ({ ...spread(runs.map((run) => values[run]!)), runs: runs.length }));
  return pairs.map(([one, other]) => {
    const [first, second] = [ofRuns[one]!, ofRuns[other]!];
    const difference = first.mean - second.mean;
    const parts = [first, second].map(({ variance, runs }) => variance / runs);
    const ofImages = spread(drawn.map((means) => means[one]! - means[other]!)).variance;
    const total = parts[0]! + parts[1]! + ofImages;
    if (!(total > 0)) return { difference, low: Number.NaN, high: Number.NaN, p: Number.NaN };
    // Satterthwaite's, rounded down.
    const lost = parts[0]! ** 2 / (first.runs - 1) + parts[1]! ** 2 / (second.runs - 1);
    const freedom = Math.max(1, Math.min(mostFreedom, Math.floor(total ** 2 / lost)));
    const half = studentT(level, freedom) * Math.sqrt(total);
    return {
      ...{ difference, low: difference - half, high: difference + half },
      p: twoSidedT(difference / Math.sqrt(total), freedom),
    };
  });
}

/** The sample variance is NaN for fewer than two values. */
function spread(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return { mean: middle, variance: values.length < 2 ? Number.NaN : squares / (values.length - 1) };
}
