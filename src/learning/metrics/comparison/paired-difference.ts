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
 *     const images = { labels, groups, seed: 1 };
 *     pairedDifference(images, aucOfRows(labels, a), aucOfRows(labels, b), 0.95);
 *
 * The interval is that of {@link bootstrapInterval}, and p the level at which it would end at 0. A
 * difference without a range allows for the skewness of its draws, since a few images decide a mean
 * loss. A difference of shares does not: where few groups decide, the skewness is noise, and
 * intervals that followed it covered 89 % with 10 + 10 groups. Where all draws give the same
 * difference, as for two models without a mistake, the ends are NaN: the models may differ on other
 * images.
 *
 * @param level The confidence, above 0 and below 1. @param form How the difference varies; by
 * default in proportion to the rarest class.
 */
export function pairedDifference(
  sample: BootstrapSample,
  first: Statistic,
  second: Statistic,
  level: number,
  form: Pick<Form, 'range' | 'perImage'> = {},
): PairedDifference {
  const isSkewed = form.range === undefined;
  const resampled = resample(sample, (weights) => first(weights) - second(weights));
  const { estimate: difference, low, high } = intervalOf(resampled, level, { ...form, isSkewed });
  const isConstant =
    resampled.draws.length > 0 && resampled.draws.every((drawn) => drawn === resampled.draws[0]);
  if (isConstant) return { difference, low, high, p: difference === 0 ? 1 : Number.NaN };
  if (Number.isNaN(low)) return { difference, low, high, p: Number.NaN };
  const { deviation, skewness, freedom } = spreadOf(resampled, form);
  const ratio = difference / deviation;
  return {
    difference,
    low,
    high,
    p: twoSidedT(isSkewed ? transformed(ratio, skewness) : ratio, freedom),
  };
}
