import { normalQuantile } from '../intervals/normal-distribution.ts';
import { requireOneEach } from '../weights.ts';

/**
 * Where the temperature of {@link fitTemperature} may lie, fitted to other images of their kind: by the variance of the slope
 * of the loss over the independent units (White 1982, "Maximum likelihood estimation of misspecified models"), normal in
 * 1 / T. A model is surely too sure where 1 lies below it. Infinity for an upper end that the images do not bound; both NaN with
 * fewer than two units.
 *
 * Example: labels 0 0 1 1, differences -1 1 1 1, temperature 0.910239 give, at 0.95, about 0.269 to Infinity.
 *
 * @param labels 0 or 1 for each image.
 * @param differences Logit of class 1 less that of class 0, finite, for each image.
 * @param temperature Fitted to these.
 * @param groups Of each image, what it came with; undefined where it is alone.
 */
export function temperatureInterval(
  labels: ArrayLike<number>,
  differences: ArrayLike<number>,
  temperature: number,
  level: number,
  groups?: readonly (string | undefined)[],
): [low: number, high: number] {
  requireOneEach(labels, differences, 'difference', {});
  if (!(temperature > 0 && temperature < Infinity)) return [Number.NaN, Number.NaN];
  const slopes = new Map<string | number, number>();
  let bend = 0;
  for (let i = 0; i < labels.length; i++) {
    const margin = labels[i] === 1 ? differences[i]! : -differences[i]!;
    // The chance of the wrong class, by an exponential that cannot overflow.
    const small = Math.exp(-Math.abs(margin / temperature));
    const wrong = (margin > 0 ? small : 1) / (1 + small);
    const unit = groups?.[i] ?? i;
    slopes.set(unit, (slopes.get(unit) ?? 0) + margin * wrong);
    bend += margin * margin * wrong * (1 - wrong);
  }
  if (slopes.size < 2) return [Number.NaN, Number.NaN];
  let squares = 0;
  for (const slope of slopes.values()) squares += slope * slope;
  const deviation = Math.sqrt((squares * slopes.size) / (slopes.size - 1)) / bend;
  const reach = normalQuantile((1 + level) / 2) * deviation;
  const inverse = 1 / temperature;
  return [1 / (inverse + reach), inverse > reach ? 1 / (inverse - reach) : Infinity];
}
