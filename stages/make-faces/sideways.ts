import type { Traits } from './traits.ts';

/** Where a feature sits sideways: `across` is -1 at the left temple, 1 at the right; turning moves the middle most. */
export function sideways({ x, width, yaw }: Traits, across: number): number {
  return x + width * (across + yaw * 0.22 * (1 - across * across));
}
