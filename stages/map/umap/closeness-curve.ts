/** The curve 1 / (1 + a d^(2 b)): how close two points count that are d apart on the map. */
export interface ClosenessCurve {
  readonly a: number;
  readonly b: number;
}

const places = 300;
const spread = 1;
const mostRounds = 100;

/**
 * The curve that is nearest to 1 up to `minDistance`, and exp(-(d - minDistance)) beyond, by least
 * squares at 300 distances from 0 to 3, as umap-learn fits it; by Gauss-Newton steps with
 * Levenberg's damping.
 *
 * Example: a distance of 0.1 gives a = 1.577 and b = 0.895.
 *
 * @param minDistance 0 or more, below 3.
 */
export function closenessCurve(minDistance: number): ClosenessCurve {
  const distances = Array.from({ length: places }, (_, i) => (3 * spread * i) / (places - 1));
  const wanted = distances.map((d) =>
    d < minDistance ? 1 : Math.exp(-(d - minDistance) / spread),
  );
  let curve: ClosenessCurve = { a: 1, b: 1 };
  let error = errorOf(curve, distances, wanted);
  let damping = 1e-3;
  for (let round = 0; round < mostRounds; round++) {
    const next = step(curve, distances, wanted, damping);
    const nextError = errorOf(next, distances, wanted);
    if (!(nextError < error)) {
      damping *= 10;
      continue;
    }
    curve = next;
    error = nextError;
    damping /= 10;
  }
  return curve;
}

const closeness = ({ a, b }: ClosenessCurve, d: number): number => 1 / (1 + a * d ** (2 * b));

function errorOf(
  curve: ClosenessCurve,
  distances: readonly number[],
  wanted: readonly number[],
): number {
  if (!(curve.a > 0 && curve.b > 0)) return Infinity;
  return distances.reduce((sum, d, i) => sum + (closeness(curve, d) - wanted[i]!) ** 2, 0);
}

/** One damped step of Gauss and Newton: (JᵀJ + λ diag JᵀJ) δ = -Jᵀr, of two unknowns. */
function step(
  curve: ClosenessCurve,
  distances: readonly number[],
  wanted: readonly number[],
  damping: number,
): ClosenessCurve {
  let aa = 0;
  let ab = 0;
  let bb = 0;
  let ar = 0;
  let br = 0;
  for (const [i, d] of distances.entries()) {
    if (d === 0) continue; // there the curve is 1 whatever a and b are
    const value = closeness(curve, d);
    const power = d ** (2 * curve.b);
    const byA = -value * value * power;
    const byB = -value * value * curve.a * power * 2 * Math.log(d);
    const residual = value - wanted[i]!;
    aa += byA * byA;
    ab += byA * byB;
    bb += byB * byB;
    ar += byA * residual;
    br += byB * residual;
  }
  const p = aa * (1 + damping);
  const q = bb * (1 + damping);
  const determinant = p * q - ab * ab;
  return {
    a: curve.a - (q * ar - ab * br) / determinant,
    b: curve.b - (p * br - ab * ar) / determinant,
  };
}
