/** What a curve does over the epochs. */
export type CurveShape =
  | 'rises in every epoch'
  | 'falls in every epoch'
  | 'never falls'
  | 'never rises'
  | 'rises, not in every epoch'
  | 'falls, not in every epoch'
  | 'fluctuates'
  | 'stays the same'
  | 'one epoch';

/** Of all its ups and downs, the share that must be left in the end for a curve to have gone one way. */
const leastShare = 0.5;

/**
 * What a curve does, by its values epoch by epoch. It goes one way in every epoch where every step does, and never the other
 * where some steps are none; it goes one way all the same where from the first value to the last it comes at least half as far
 * as all its steps together; else it fluctuates.
 *
 * Example: 1 2 3 4 rises in every epoch, 1 2 2 4 never falls, 1 4 3 5 rises, not in every epoch (4 of 6), and 1 3 1 2
 * fluctuates (1 of 5).
 */
export function curveShape(values: readonly number[]): CurveShape {
  const steps = values.slice(1).map((value, index) => value - values[index]!);
  if (steps.length === 0) return 'one epoch';
  if (steps.every((step) => step === 0)) return 'stays the same';
  if (steps.every((step) => step > 0)) return 'rises in every epoch';
  if (steps.every((step) => step < 0)) return 'falls in every epoch';
  if (steps.every((step) => step >= 0)) return 'never falls';
  if (steps.every((step) => step <= 0)) return 'never rises';
  const net = values.at(-1)! - values[0]!;
  const path = steps.reduce((sum, step) => sum + Math.abs(step), 0);
  if (Math.abs(net) < leastShare * path) return 'fluctuates';
  return net > 0 ? 'rises, not in every epoch' : 'falls, not in every epoch';
}
