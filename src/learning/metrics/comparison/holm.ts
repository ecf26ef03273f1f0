/**
 * p-values of several tests, raised so that the probability of any false alarm among them stays at
 * the level of each (Holm 1979, "A simple sequentially rejective multiple test procedure"): the
 * smallest is multiplied by their number, the next by one less, …, never below the one before, at
 * most 1. In the given order. NaN, from a test that was impossible, stays NaN and does not count.
 *
 * Example: 0.01 0.04 0.03 0.005 give 0.03 0.06 0.06 0.02.
 */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((_, i) => i).filter((i) => !Number.isNaN(ps[i]));
  order.sort((i, k) => ps[i]! - ps[k]!);
  const adjusted = [...ps];
  let last = 0;
  for (const [rank, i] of order.entries()) {
    last = Math.max(last, Math.min(1, ps[i]! * (order.length - rank)));
    adjusted[i] = last;
  }
  return adjusted;
}
