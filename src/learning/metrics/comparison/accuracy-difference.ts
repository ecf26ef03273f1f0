import { weightedMean } from '../arithmetic/weights.ts';
import {
  type BootstrapSample,
  defaultDraws,
  drawsGroups,
  type Statistic,
} from '../intervals/bootstrap.ts';
import type { PairedDifference } from '../intervals/interval.ts';
import { mcnemar } from './mcnemar.ts';
import { pairedDifference } from './paired-difference.ts';
import { signFlipTest } from './sign-flip-test.ts';

/** The test of a difference of accuracies. */
export type AccuracyTest = 'mcnemar-exact' | 'mcnemar-chi-square' | 'exchange' | 'group-exchange';

const none: PairedDifference = { difference: 0, low: 0, high: 0, p: 1 };

/**
 * The difference of the accuracies of two models on the same images, the first minus the second,
 * with its bootstrap interval and McNemar's test. It needs no more than which decisions are right,
 * so it holds for any number of classes: which wrong class a model names counts nothing. (A test of
 * how often each class is named, as Stuart and Maxwell's, finds differences between models that are
 * right equally often, and none between models that are wrong on different images.)
 *
 * McNemar's test assumes independent images. In groups, the models' results are exchanged group by
 * group; where some decisions are partly right, image by image. The interval of models that are
 * right on the same images is 0 to 0.
 *
 * @param right How right each decision of both models is, from 0 to 1.
 * @param level The confidence of the interval, above 0 and below 1.
 */
export function accuracyDifference(
  sample: BootstrapSample,
  [first, second]: readonly [readonly number[], readonly number[]],
  level: number,
) {
  const gains = first.map((right, i) => right - second[i]!);
  const onlyOneRight = gains.reduce((sum, gain) => sum + Math.max(0, gain), 0);
  const onlyOtherRight = gains.reduce((sum, gain) => sum + Math.max(0, -gain), 0);
  const form = { range: [-1, 1], perImage: true } as const;
  const difference =
    onlyOneRight + onlyOtherRight === 0
      ? none
      : pairedDifference(sample, shareOfRight(first), shareOfRight(second), level, form);
  const accuracy = { ...difference, ...testGains(gains, sample) };
  return { accuracy, onlyOneRight, onlyOtherRight };
}

function testGains(
  gains: readonly number[],
  { groups, draws = defaultDraws, seed }: BootstrapSample,
): { readonly p: number; readonly test: AccuracyTest } {
  const exchanges = { draws, seed };
  if (drawsGroups(groups))
    return { p: signFlipTest(gains, { groups, ...exchanges }), test: 'group-exchange' };
  if (gains.some((gain) => !Number.isInteger(gain)))
    return { p: signFlipTest(gains, exchanges), test: 'exchange' };
  const onlyFirst = gains.filter((gain) => gain > 0).length;
  const onlySecond = gains.filter((gain) => gain < 0).length;
  const { p, method } = mcnemar(onlyFirst, onlySecond);
  return { p, test: `mcnemar-${method}` };
}

/** The share of right decisions, each from 0 to 1. */
export function shareOfRight(right: readonly number[]): Statistic {
  const values = Float64Array.from(right);
  return (weights) => weightedMean(values.length, (i) => values[i]!, { weights });
}
