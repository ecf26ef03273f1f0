import { formatShare } from '../../format-numbers.ts';
import type { Completeness } from '../attribution/gradients.ts';
import { mean } from '../metrics/arithmetic/mean.ts';

/**
 * How far attributions of integrated gradients are from what they should sum to, as means over at
 * least one image: the absolute rise of the score from baseline to image, the absolute difference
 * between their sum and that rise, and the second as a share of the first; NaN where nothing rises.
 * Example: rises of 2 and -2 with gaps of 0.1 and -0.3 give a relative gap of 0.1.
 */
export function completenessGap({ rises, gaps }: Completeness) {
  const meanRise = mean(rises.map(Math.abs));
  const meanGap = mean(gaps.map(Math.abs));
  return { meanRise, meanGap, relativeGap: meanGap / meanRise };
}

/** From a twentieth of the rise on, the user is warned. */
export const largeGap = 0.05;

/** The warning about a relative gap; undefined if it is small. */
export function gapWarning(gap: number, steps: number): string | undefined {
  if (!(gap > largeGap)) return undefined;
  return `The attributions of integrated-gradients miss ${formatShare(gap)} of the rise of the scores that they should sum to, on average. Set "steps" above ${steps}.`;
}
