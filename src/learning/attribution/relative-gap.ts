import type { Completeness } from './explain.ts';

/** What is worth a warning: with so few steps, attributions miss a twentieth of the rise that they should sum to. */
export const largeGap = 0.05;

/**
 * What integrated gradients miss of the rises of the score, as a share: the mean magnitude of gaps over that of rises. NaN
 * where nothing rises.
 *
 * Example: gaps of 0.1 and -0.3 of rises of 2 and -2 give 0.1.
 */
export function relativeGap({ rises, gaps }: Completeness): number {
  const sum = (values: Float64Array) => values.reduce((total, value) => total + Math.abs(value), 0);
  return sum(gaps) / sum(rises);
}
