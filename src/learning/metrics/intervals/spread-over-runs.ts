import { mean, sampleVariance } from '../mean.ts';
import { type BootstrapSample, bootstrapInterval, onAllImages, type Statistic } from './bootstrap.ts';
import type { Interval } from './interval.ts';
import { type MeanInterval, tInterval } from './student-t.ts';

/** A statistic of several runs on the same test images, such as one run for each seed. */
export interface RunSpread {
  /** The value of each run on all images. */
  readonly values: readonly number[];
  /** The mean over the runs. */
  readonly mean: number;
  /** The sample deviation over the runs; NaN for one run. */
  readonly deviation: number;
  /** Student's t interval of the mean over runs: for other seeds on these images. */
  readonly overRuns: MeanInterval;
  /** The bootstrap interval of the mean over these runs: for these models on other images. */
  readonly overImages: Interval;
}

/**
 * The spread of a statistic over runs and, separately, over test images, since another seed gives another model and other images
 * give another measurement of the same models (Bouthillier et al. 2021, "Accounting for variance in machine learning benchmarks").
 *
 *     spreadOverRuns({ labels, seed: 1 }, runs.map((rows) => aucOfRows(labels, rows)), 0.95);
 *
 * @param level The confidence of both intervals, above 0 and below 1.
 */
export function spreadOverRuns(sample: BootstrapSample, runs: readonly Statistic[], level: number): RunSpread {
  const values = runs.map((run) => onAllImages(sample, run));
  const overRuns = tInterval(values, level);
  return {
    values,
    mean: overRuns.mean,
    deviation: Math.sqrt(sampleVariance(values)),
    overRuns,
    overImages: bootstrapInterval(sample, (weights) => mean(runs.map((run) => run(weights))), level),
  };
}
