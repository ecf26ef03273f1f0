import { choleskySolve } from './cholesky-solve.ts';
import { ledoitWolf } from './ledoit-wolf.ts';

/** A linear rule: the sum of values by weights, and the offset, is positive for class 1. */
export interface LinearRule {
  readonly weights: Float64Array;
  readonly offset: number;
}

/** Variance on top of every column's own 1: it decides nothing, and makes columns without any harmless. */
export const ridge = 1e-9;

/**
 * The same rule as by the covariance of columns, by products of items, which are fewer: the covariance is a diagonal and one
 * direction for each item, and is inverted by Woodbury's identity (Golub and Van Loan 2013, "Matrix computations", section
 * 2.1.4). Throws a RangeError where a class is missing.
 *
 * @param classes Of each class the rows of its items.
 */
export function fewItemsDiscriminant(classes: readonly (readonly Float64Array[])[]): LinearRule {
  const [real, fake] = classes.map(describe) as [ClassShape, ClassShape];
  const items = real.rows.length + fake.rows.length;
  const diagonal = real.mean.map((_, k) => {
    const parts = [real, fake].map(({ rows, deviations, share, centre }) => {
      return (rows.length / items) * share * centre * deviations[k]! ** 2;
    });
    return ridge + parts[0]! + parts[1]!;
  });
  const directions = [real, fake].flatMap(({ rows, share }) => {
    const scale = Math.sqrt((1 - share) / items);
    return rows.map((row) => row.map((value) => scale * value));
  });
  const apart = fake.mean.map((value, k) => value - real.mean[k]!);
  const weights = solve(diagonal, directions, apart);
  const offset = -weights.reduce((sum, weight, k) => sum + weight * (fake.mean[k]! + real.mean[k]!), 0) / 2;
  return { weights, offset };
}

interface ClassShape {
  readonly mean: Float64Array;
  /** Of columns; 1 for those without variance. */
  readonly deviations: Float64Array;
  /** Its items around their mean. */
  readonly rows: readonly Float64Array[];
  readonly share: number;
  /** What it is drawn to, of columns by their deviations. */
  readonly centre: number;
}

function describe(items: readonly Float64Array[]): ClassShape {
  const count = items.length;
  if (count === 0) throw new RangeError('Expected items of both classes outside every fold.');
  const columns = items[0]!.length;
  const mean = new Float64Array(columns);
  for (const item of items) for (let k = 0; k < columns; k++) mean[k]! += item[k]! / count;
  const rows = items.map((item) => item.map((value, k) => value - mean[k]!));
  const variances = new Float64Array(columns);
  for (const row of rows) for (let k = 0; k < columns; k++) variances[k]! += row[k]! ** 2 / count;
  const deviations = variances.map((variance) => (variance <= 1e-12 ? 1 : Math.sqrt(variance)));
  const scaled = rows.map((row) => row.map((value, k) => value / deviations[k]!));
  const lengths = scaled.map((row) => dot(row, row));
  // The squares of a matrix ZᵀZ sum up to those of ZZᵀ.
  const squares = scaled.reduce((sum, row, i) => {
    const products = scaled.slice(0, i).reduce((all, other) => all + dot(row, other) ** 2, 0);
    return sum + lengths[i]! ** 2 + 2 * products;
  }, 0);
  const centre = lengths.reduce((sum, length) => sum + length, 0) / (count * columns);
  const fourth = lengths.reduce((sum, length) => sum + length ** 2, 0);
  const share = ledoitWolf({ items: count, columns, squares: squares / count ** 2, centre, fourth });
  return { mean, deviations, rows, share, centre };
}

/** (D + UᵀU)⁻¹ a, D a diagonal and U the rows. */
function solve(diagonal: Float64Array, rows: readonly Float64Array[], vector: Float64Array): Float64Array {
  const first = vector.map((value, k) => value / diagonal[k]!);
  const divided = rows.map((row) => row.map((value, k) => value / diagonal[k]!));
  const size = rows.length;
  const inner = Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return j < i ? 0 : dot(divided[i]!, rows[j]!) + (i === j ? 1 : 0);
  });
  const back = choleskySolve(
    inner,
    Float64Array.from(rows, (row) => dot(row, first)),
  );
  const result = first.slice();
  for (const [i, row] of divided.entries()) for (let k = 0; k < result.length; k++) result[k]! -= back[i]! * row[k]!;
  return result;
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += one[k]! * other[k]!;
  return sum;
}
