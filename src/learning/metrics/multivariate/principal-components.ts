import { leadingDirections } from './leading-directions.ts';

/** Rows along the directions of largest variance. */
export interface PrincipalComponents {
  /** Of each row, in the unit of the values, around 0: `[rows, count]`. */
  readonly coordinates: Float64Array;
  /** The share of the total variance of each component, 0 to 1, falling. */
  readonly shares: readonly number[];
}

/**
 * The first principal components of rows of values, `[rows, columns]`, as scikit-learn's `PCA` without whitening. The sign of a
 * component is such that its largest weight is positive. The coordinates of equal rows are 0.
 */
export function principalComponents(values: Float32Array, columns: number, count = 2): PrincipalComponents {
  const rows = values.length / columns;
  const centred = centre(values, columns);
  const total = centred.reduce((sum, value) => sum + value ** 2, 0);
  const coordinates = new Float64Array(rows * count);
  if (total === 0) return { coordinates, shares: Array(count).fill(0) };
  const { directions, values: variances } = leadingDirections(centred, columns, count);
  for (const [k, direction] of directions.entries()) {
    const largest = direction.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    const sign = largest < 0 ? -1 : 1;
    for (const [i, value] of centred.entries()) {
      coordinates[Math.floor(i / columns) * count + k]! += sign * value * direction[i % columns]!;
    }
  }
  return { coordinates, shares: variances.map((variance) => Math.min(1, Math.max(0, variance / total))) };
}

function centre(values: Float32Array, columns: number): Float64Array {
  const means = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) means[i % columns]! += values[i]!;
  return Float64Array.from(values, (value, i) => value - means[i % columns]! / (values.length / columns));
}
