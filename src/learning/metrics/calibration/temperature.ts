import { requireOneEach, type Weighted, weightedMean } from '../arithmetic/weights.ts';
import { studentT } from '../intervals/student-t.ts';

/**
 * Temperature scaling (Guo et al. 2017, "On calibration of modern neural networks", section 4.2):
 * the number by which logits are divided so that their cross-entropy is lowest. Above 1 the model
 * was overconfident; ranking and predicted classes stay. Fit it to other items than those it is
 * judged on. For two classes only the finite differences of the logits (class 1 minus class 0)
 * count. The result is 0 where all items are on the right side, Infinity where they are on the
 * wrong side on the whole, and NaN for no items.
 *
 * Example: labels 0 0 1 1, differences -1 1 1 1 give 1 / ln 3 = 0.910239: the probability is 3/4
 * where 3 of 4 are right.
 */
export function fitTemperature(
  labels: ArrayLike<number>,
  differences: ArrayLike<number>,
  options: Weighted = {},
): number {
  requireOneEach(labels, differences, 'difference');
  const margins = Float64Array.from(differences, (difference, i) =>
    labels[i] === 1 ? difference : -difference,
  );
  const shareOf = (isCounted: (margin: number) => boolean) =>
    weightedMean(margins.length, (i) => (isCounted(margins[i]!) ? 1 : 0), options);
  const wrong = shareOf((margin) => margin < 0);
  if (Number.isNaN(wrong)) return Number.NaN;
  if (wrong === 0 && shareOf((margin) => margin > 0) > 0) return 0;
  return lowestLoss((a) => slopeOverMargins(a, margins, options));
}

/**
 * {@link fitTemperature} to finite logits of any number of classes, `[images, classes]`. Two have
 * the same temperature but for its last digits, as sums of margins are rounded otherwise; they are
 * three times as fast as margins.
 *
 * Example: labels 0 0 1 1 with logits (0, -1) (0, 1) (0, 1) (0, 1) give 0.910239.
 */
export function fitClassTemperature(
  labels: ArrayLike<number>,
  logits: ArrayLike<number>,
  classes: number,
): number {
  if (labels.length === 0) return Number.NaN;
  // How much each class is ahead of the right one.
  const ahead = Float64Array.from(logits, (logit, at) => {
    const image = Math.floor(at / classes);
    return logit - logits[image * classes + labels[image]!]!;
  });
  if (ahead.every((value) => value <= 0) && ahead.some((value) => value < 0)) return 0;
  return lowestLoss((a) => ({ slope: slopeOverClasses(a, ahead, classes) }));
}

/** The first derivative of a loss in a = 1 / T, and the second one where it is known. */
interface Derivatives {
  readonly slope: number;
  readonly curvature?: number;
}

/**
 * The temperature at which a loss is lowest that is convex in a = 1 / T: its slope rises with a, so
 * a bracket holds where it is 0. Newton's method narrows the bracket where the curvature is known,
 * up to 1e-15; otherwise halving does, to the last digit. Infinity where the slope is never below
 * 0; it has to become positive.
 */
function lowestLoss(derivativesAt: (a: number) => Derivatives): number {
  if (derivativesAt(0).slope >= 0) return Infinity;
  let low = 0;
  let high = 1;
  while (derivativesAt(high).slope < 0) [low, high] = [high, 2 * high];
  for (let a = (low + high) / 2; ; ) {
    const { slope, curvature } = derivativesAt(a);
    if (slope < 0) low = a;
    else high = a;
    const newton = curvature === undefined ? Number.NaN : a - slope / curvature;
    const isInside = newton > low && newton < high;
    const next = isInside ? newton : (low + high) / 2;
    const isClose = curvature !== undefined && Math.abs(next - a) <= 1e-15 * a;
    if (isClose || !(next > low && next < high)) return 1 / next;
    a = next;
  }
}

/** The derivatives in a = 1 / T of the loss Σ log(1 + e^(-a m)) over margins m. */
function slopeOverMargins(
  a: number,
  margins: Float64Array,
  { weights }: Weighted,
): Required<Derivatives> {
  let slope = 0;
  let curvature = 0;
  for (let i = 0; i < margins.length; i++) {
    const margin = margins[i]!;
    const weight = weights?.[i] ?? 1;
    const wrong = wrongProbability(margin, a * margin);
    slope -= weight * margin * wrong;
    curvature += weight * margin * margin * wrong * (1 - wrong);
  }
  return { slope, curvature };
}

/**
 * The derivative in a = 1 / T of the loss Σ log Σ e^(a d) over how much each class is ahead of the
 * right one, d: the mean of Σ p_c z_c - z_y over the images.
 */
function slopeOverClasses(a: number, ahead: Float64Array, classes: number): number {
  let slope = 0;
  for (let from = 0; from < ahead.length; from += classes) {
    let most = 0;
    for (let c = 0; c < classes; c++) most = Math.max(most, ahead[from + c]!);
    let weighted = 0;
    let total = 0;
    for (let c = 0; c < classes; c++) {
      const power = Math.exp(a * (ahead[from + c]! - most));
      weighted += power * ahead[from + c]!;
      total += power;
    }
    slope += weighted / total;
  }
  return slope;
}

/**
 * The probability of the wrong class, by an exponential that cannot overflow; `scaled` is the
 * margin divided by T.
 */
function wrongProbability(margin: number, scaled: number): number {
  const small = Math.exp(-Math.abs(scaled));
  return (margin > 0 ? small : 1) / (1 + small);
}

/**
 * The interval of a temperature that {@link fitTemperature} fitted to these labels and differences,
 * over other images of the same kind: Student's t in 1 / T, with the variance of the loss's slope
 * over independent units, images or groups (White 1982, "Maximum likelihood estimation of
 * misspecified models"). A unit counts as if the temperature had been fitted without it, since it
 * draws the temperature towards itself: with few units, or few that are undecided, the variance
 * would be too small (MacKinnon and White 1985, "Some heteroskedasticity-consistent covariance
 * matrix estimators with improved finite sample properties", HC3). A model is significantly
 * overconfident where 1 lies below it. The upper end is Infinity where the images do not bound it;
 * both ends are NaN with fewer than two units.
 *
 * Example: labels 0 0 1 1, differences -1 1 1 1, temperature 0.910239 give, at 0.95, about 0.167 to
 * Infinity.
 */
export function temperatureInterval(
  labels: ArrayLike<number>,
  differences: ArrayLike<number>,
  temperature: number,
  level: number,
  groups?: readonly (string | undefined)[],
): [low: number, high: number] {
  if (!(temperature > 0 && temperature < Infinity)) return [Number.NaN, Number.NaN];
  const units = new Map<string | number, { slope: number; curvature: number }>();
  let curvature = 0;
  for (let i = 0; i < labels.length; i++) {
    const margin = labels[i] === 1 ? differences[i]! : -differences[i]!;
    const wrong = wrongProbability(margin, margin / temperature);
    const name = groups?.[i] ?? i;
    const unit = units.get(name) ?? { slope: 0, curvature: 0 };
    units.set(name, unit);
    const curved = margin * margin * wrong * (1 - wrong);
    unit.slope += margin * wrong;
    unit.curvature += curved;
    curvature += curved;
  }
  if (units.size < 2) return [Number.NaN, Number.NaN];
  let squares = 0;
  for (const unit of units.values()) squares += (unit.slope / (curvature - unit.curvature)) ** 2;
  const reach = studentT(level, units.size - 1) * Math.sqrt(squares);
  const inverse = 1 / temperature;
  return [1 / (inverse + reach), inverse > reach ? 1 / (inverse - reach) : Infinity];
}
