/** The least net change of a curve that goes one way, as a share of the sum of its steps. */
const leastShare = 0.5;

/**
 * The shape of a curve, by its values epoch by epoch. It rises or falls in every epoch if every
 * step does, and never falls or rises if some steps are zero; otherwise it goes one way if its net
 * change is at least half as far as all its steps together, or fluctuates.
 *
 * Example: 1 2 3 4 rises in every epoch, 1 2 2 4 never falls, 1 4 3 5 rises, not in every epoch (4
 * of 6), and 1 3 1 2 fluctuates (1 of 5).
 */
export function curveShape(values: readonly number[]): string {
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
