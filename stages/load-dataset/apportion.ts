/**
 * Whole numbers with the sum `total` in proportion to `weights` (0 or more, not all 0): each is its exact part rounded
 * down or up. Those of `first` are rounded up before others, then by the largest remainder (Hamilton's method).
 */
export function apportion(total: number, weights: readonly number[], first: (index: number) => boolean): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const whole = exact.map((part) => Math.floor(part + 1e-9)); // 0.15 * 60 may come out below 9
  const left = total - whole.reduce((a, b) => a + b, 0);
  const remainder = (index: number) => exact[index]! - whole[index]!;
  const empty = (index: number) => Number(whole[index] === 0 && first(index));
  const order = [...weights.keys()].filter((index) => weights[index]! > 0);
  order.sort((a, b) => empty(b) - empty(a) || remainder(b) - remainder(a) || a - b);
  for (const index of order.slice(0, left)) whole[index]! += 1;
  return whole;
}
