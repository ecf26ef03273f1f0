import { formatShare } from '../../format-numbers.ts';
import type { Completeness } from '../attribution/gradients.ts';
import { mean } from '../metrics/mean.ts';

/** How far the attributions of integrated gradients are from what they should sum to: means over images. */
export interface CompletenessGap {
  /** Absolute rise of the score from the baseline to the image. */
  readonly meanRise: number;
  /** Absolute difference between the sum of the attributions and that rise. */
  readonly meanGap: number;
  /** The second as a share of the first; NaN where nothing rises. */
  readonly relativeGap: number;
}

/**
 * Example: rises of 2 and -2 with gaps of 0.1 and -0.3 give a relative gap of 0.1.
 *
 * @param sums Of at least one image.
 */
export function completenessGap({ rises, gaps }: Completeness): CompletenessGap {
  const [meanRise, meanGap] = [mean(rises.map(Math.abs)), mean(gaps.map(Math.abs))];
  return { meanRise, meanGap, relativeGap: meanGap / meanRise };
}

/** From a twentieth of the rise on, the user is warned. */
export const largeGap = 0.05;

/** The warning about a relative gap; undefined if it is small. */
export function gapWarning(gap: number, steps: number): string | undefined {
  if (!(gap > largeGap)) return undefined;
  return `The attributions of integrated-gradients miss ${formatShare(gap)} of the rise of the scores that they should sum to, on average. Set "steps" above ${steps}.`;
}
