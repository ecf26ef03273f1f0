import {
  type BootstrapSample,
  type Form,
  intervalOf,
  resample,
  type Statistic,
  spreadOf,
  transformed,
} from '../intervals/bootstrap.ts';
import type { PairedDifference } from '../intervals/interval.ts';
import { twoSidedT } from '../intervals/student-t.ts';

/**
 * The difference of a statistic between two models on the same images, with its bootstrap interval.
 * Both are evaluated on the same draws, so what makes an image hard for both cancels.
 *
 *     pairedDifference({ labels, groups, seed: 1 }, aucOfRows(labels, a), aucOfRows(labels, b), 0.95);
 *
 * The interval is that of {@link bootstrapInterval} with the skewness of the draws, and p the level
 * at which it would end at 0. Where all draws give the same difference, as for two models without a
 * mistake, the ends are NaN: the models may differ on other images.
 *
 * @param level The confidence, above 0 and below 1. @param form How the difference varies; by
 * default in proportion to the rarest class.
 */
export function pairedDifference(
  sample: BootstrapSample,
  one: Statistic,
  other: Statistic,
  level: number,
  form: Pick<Form, 'range' | 'perImage'> = {},
): PairedDifference {
  const resampled = resample(sample, (weights) => one(weights) - other(weights));
  const {
    estimate: difference,
    low,
    high,
  } = intervalOf(resampled, level, { ...form, isSkewed: true });
  const isConstant =
    resampled.draws.length > 0 && resampled.draws.every((drawn) => drawn === resampled.draws[0]);
  if (isConstant) return { difference, low, high, p: difference === 0 ? 1 : Number.NaN };
  if (Number.isNaN(low)) return { difference, low, high, p: Number.NaN };
  const { deviation, skewness, freedom } = spreadOf(resampled, form);
  return {
    difference,
    low,
    high,
    p: twoSidedT(transformed(difference / deviation, skewness), freedom),
  };
}
