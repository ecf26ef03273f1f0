import { mean, sampleVariance } from '../arithmetic/mean.ts';
import {
  type BootstrapSample,
  bootstrapInterval,
  type Form,
  onAllImages,
  type Statistic,
} from './bootstrap.ts';
import { tInterval } from './student-t.ts';

/**
 * The spread of a statistic over runs and, separately, over test images, since another seed gives
 * another model and other images give another measurement of the same models (Bouthillier et al.
 * 2021, "Accounting for variance in machine learning benchmarks"). `overRuns` is Student's t
 * interval of the mean over runs: for other seeds on these images. `overImages` is the bootstrap
 * interval of the same mean: for these models on other images. `level`, above 0 and below 1, is the
 * confidence of both, and `form` how the statistic varies with the images. The deviation over one
 * run is NaN.
 */
export function spreadOverRuns(
  sample: BootstrapSample,
  runs: readonly Statistic[],
  level: number,
  form?: Form,
) {
  const values = runs.map((run) => onAllImages(sample, run));
  const overRuns = tInterval(values, level);
  const overImages = bootstrapInterval(
    sample,
    (weights) => mean(runs.map((run) => run(weights))),
    level,
    form,
  );
  return {
    values,
    mean: overRuns.mean,
    deviation: Math.sqrt(sampleVariance(values)),
    overRuns,
    overImages,
  };
}

/** The result of {@link spreadOverRuns}. */
export type RunSpread = ReturnType<typeof spreadOverRuns>;
