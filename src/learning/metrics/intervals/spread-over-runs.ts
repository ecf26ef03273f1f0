import { mean } from '../mean.ts';
import { type BootstrapSample, bootstrapInterval } from './bootstrap.ts';
import type { Interval } from './interval.ts';
import { type MeanInterval, tInterval } from './t-interval.ts';

/**
 * A statistic of several runs on the same test images, such as one for each seed. Two things make it vary, and they are told
 * apart: another seed would give another model, other test images another measurement of the same models.
 */
export interface RunSpread {
  /** Of each run, on all images. */
  readonly values: readonly number[];
  /** The mean over the runs. */
  readonly mean: number;
  /** The sample deviation over the runs; NaN for one. */
  readonly deviation: number;
  /** Student's t interval of the mean over runs: of other seeds on these images. */
  readonly overRuns: MeanInterval;
  /** The bootstrap's interval of the mean over these runs: of these models on other images. */
  readonly overImages: Interval;
}

/**
 * The spread of a statistic over runs and over test images, apart (Bouthillier et al. 2021, "Accounting for variance in
 * machine learning benchmarks").
 *
 *     spreadOverRuns({ labels, seed: 1 }, runs.map((scores) => (weights) => auc(labels, scores, { weights })), 0.95);
 *
 * @param runs Of each run, the statistic of its scores under the images' weights.
 * @param level The confidence of both intervals, above 0 and below 1.
 */
export function spreadOverRuns(
  sample: BootstrapSample,
  runs: readonly ((weights: Float64Array) => number)[],
  level: number,
): RunSpread {
  const all = new Float64Array(sample.labels.length).fill(1);
  const values = runs.map((run) => run(all));
  const overRuns = tInterval(values, level);
  const squares = values.reduce((sum, value) => sum + (value - overRuns.mean) ** 2, 0);
  return {
    values,
    mean: overRuns.mean,
    deviation: values.length < 2 ? Number.NaN : Math.sqrt(squares / (values.length - 1)),
    overRuns,
    overImages: bootstrapInterval(sample, (weights) => mean(runs.map((run) => run(weights))), level),
  };
}
