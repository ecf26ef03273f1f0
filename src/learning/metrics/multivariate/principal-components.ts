import { EVD, Matrix, QrDecomposition } from 'ml-matrix';
import { Random } from '../../../random.ts';

/** Rows along the directions of largest variance. */
export interface PrincipalComponents {
  /** For each row, in the unit of the values, around 0: `[rows, 2]`. */
  readonly coordinates: Float64Array;
  /** The share of the total variance of each component, 0 to 1, falling. */
  readonly shares: readonly number[];
}

/**
 * The first two principal components of rows of values, `[rows, columns]`, as scikit-learn's `PCA`
 * without whitening. The sign of a component is such that its largest weight is positive. The
 * coordinates of equal rows are 0.
 */
export function principalComponents(values: Float32Array, columns: number): PrincipalComponents {
  const rows = values.length / columns;
  const centred = centre(values, columns);
  const total = centred.reduce((sum, value) => sum + value ** 2, 0);
  const coordinates = new Float64Array(rows * 2);
  if (total === 0) return { coordinates, shares: [0, 0] };
  const { directions, values: variances } = leadingDirections(centred, columns, 2);
  for (const [k, direction] of directions.entries()) {
    const largest = direction.reduce(
      (most, value) => (Math.abs(value) > Math.abs(most) ? value : most),
      0,
    );
    const sign = largest < 0 ? -1 : 1;
    for (const [i, value] of centred.entries()) {
      coordinates[Math.floor(i / columns) * 2 + k]! += sign * value * direction[i % columns]!;
    }
  }
  return {
    coordinates,
    shares: variances.map((variance) => Math.min(1, Math.max(0, variance / total))),
  };
}

function centre(values: Float32Array, columns: number): Float64Array {
  const means = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) means[i % columns]! += values[i]!;
  return Float64Array.from(
    values,
    (value, i) => value - means[i % columns]! / (values.length / columns),
  );
}

/**
 * Directions that are iterated besides those that are asked for: more of them need fewer rounds.
 */
const spare = 6;
const mostRounds = 500;
const tolerance = 1e-9;

/** The leading eigenvectors of XᵀX with their eigenvalues. */
export interface LeadingDirections {
  /**
   * Each has length 1, or all zeros where there are fewer columns than directions. Signs are
   * arbitrary.
   */
  readonly directions: readonly Float64Array[];
  /** Falling. */
  readonly values: readonly number[];
}

/**
 * The right singular vectors of X, `[rows, columns]`, not all zeros, that belong to its largest
 * singular values, with the squares of these. Subspace iteration with Rayleigh-Ritz steps (Saad
 * 2011, "Numerical methods for large eigenvalue problems", algorithm 5.3): exact to rounding where
 * eigenvalues differ, and XᵀX is never formed, so that many columns cost little.
 */
export function leadingDirections(
  x: Float64Array,
  columns: number,
  count: number,
): LeadingDirections {
  const random = new Random('principal components');
  const matrix = Matrix.from1DArray(x.length / columns, columns, x);
  const transposed = matrix.transpose();
  const width = Math.min(count + spare, columns);
  const start = Float64Array.from({ length: columns * width }, () => random.normal());
  let images = Matrix.from1DArray(columns, width, start);
  for (let round = 1; ; round++) {
    const basis = new QrDecomposition(images).orthogonalMatrix;
    images = transposed.mmul(matrix.mmul(basis));
    const { realEigenvalues, eigenvectorMatrix } = new EVD(basis.transpose().mmul(images), {
      assumeSymmetric: true,
    });
    const directions = basis.mmul(eigenvectorMatrix);
    const turned = images.mmul(eigenvectorMatrix);
    // The eigenvalues come in rising order.
    const leading = Array.from({ length: Math.min(count, width) }, (_, k) => width - 1 - k);
    const isDone = leading.every((k) => {
      const residual = turned
        .getColumnVector(k)
        .sub(directions.getColumnVector(k).mul(realEigenvalues[k]!));
      return residual.norm() <= tolerance * realEigenvalues[width - 1]!;
    });
    if (!isDone && round < mostRounds) continue;
    const missing = Array.from({ length: count - leading.length });
    return {
      directions: [
        ...leading.map((k) => Float64Array.from(directions.getColumn(k))),
        ...missing.map(() => new Float64Array(columns)),
      ],
      values: [...leading.map((k) => realEigenvalues[k]!), ...missing.map(() => 0)],
    };
  }
}
