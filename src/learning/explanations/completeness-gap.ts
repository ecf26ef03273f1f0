import { formatShare } from '../../format-numbers.ts';
import type { Completeness } from '../attribution/explain.ts';
import { largeGap, relativeGap } from '../attribution/relative-gap.ts';

/** How far the attributions of integrated gradients are from what they should sum to, over images. */
export interface CompletenessGap {
  /** By how much scores rise from the baseline: of absolute values. */
  readonly meanRise: number;
  /** The sum of the attributions less that: of absolute values. */
  readonly meanGap: number;
  /** The second as a share of the first. */
  readonly relativeGap: number;
}

/** @param sums Of at least one image. */
export function completenessGap(sums: Completeness): CompletenessGap {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  return { meanRise: mean(sums.rises), meanGap: mean(sums.gaps), relativeGap: relativeGap(sums) };
}

/** What to tell the user of a relative gap, if anything. */
export function gapWarning(gap: number, steps: number): string | undefined {
  if (!(gap > largeGap)) return undefined;
  return `Attributions miss the rise of the scores that they should sum to by ${formatShare(gap)}, in the mean: give integrated-gradients more steps than ${steps}.`;
}
