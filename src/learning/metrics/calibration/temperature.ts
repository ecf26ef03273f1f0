import { requireOneEach, type Weighted, weightedMean } from '../weights.ts';

/**
 * Temperature scaling (Guo et al. 2017, "On calibration of modern neural networks", section 4.2): what logits are to be
 * divided by so that their cross-entropy is lowest. Above 1 the model was too sure, below not sure enough; the ranking and
 * the predicted classes stay. Fit it to other items than it is judged on.
 *
 * For two classes only the difference counts, and the loss is convex in 1 / T, so the minimum is where its slope is 0, found
 * by Newton's method within a bracket. 0 where surer is always better, since all items are on their side; Infinity where
 * no division helps, since on the whole they are on the wrong one; NaN for no items.
 *
 * Example: labels 0 0 1 1, differences -1 1 1 1 give 1 / ln 3 = 0.910239: then 3/4 is said where 3 of 4 are right.
 *
 * @param labels 0 or 1 for each item.
 * @param differences Logit of class 1 less that of class 0, finite, for each item.
 */
export function fitTemperature(
  labels: ArrayLike<number>,
  differences: ArrayLike<number>,
  options: Weighted = {},
): number {
  requireOneEach(labels, differences, 'difference', options);
  const margins = Float64Array.from(differences, (difference, i) => (labels[i] === 1 ? difference : -difference));
  const atZero = weightedMean(margins.length, (i) => -margins[i]! / 2, options);
  if (Number.isNaN(atZero)) return Number.NaN;
  if (atZero >= 0) return Infinity;
  if (weightedMean(margins.length, (i) => (margins[i]! < 0 ? 1 : 0), options) === 0) return 0;
  let [low, high] = [0, 1];
  while (slopeAt(high, margins, options).slope < 0) [low, high] = [high, 2 * high];
  for (let a = (low + high) / 2; ; ) {
    const { slope, bend } = slopeAt(a, margins, options);
    if (slope < 0) low = a;
    else high = a;
    const newton = a - slope / bend;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - a) <= 1e-15 * a || !(next > low && next < high)) return 1 / next;
    a = next;
  }
}

/** Of the loss Σ log(1 + e^(-a m)) over margins m, the first and second derivative in a = 1 / T. */
function slopeAt(a: number, margins: Float64Array, { weights }: Weighted): { slope: number; bend: number } {
  let [slope, bend] = [0, 0];
  for (let i = 0; i < margins.length; i++) {
    const margin = margins[i]!;
    const weight = weights === undefined ? 1 : weights[i]!;
    // The chance of the wrong class, by an exponential that cannot overflow.
    const small = Math.exp(-Math.abs(a * margin));
    const wrong = (margin > 0 ? small : 1) / (1 + small);
    slope -= weight * margin * wrong;
    bend += weight * margin * margin * wrong * (1 - wrong);
  }
  return { slope, bend };
}
