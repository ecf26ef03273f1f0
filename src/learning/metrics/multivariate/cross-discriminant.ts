import { mean } from '../arithmetic/mean.ts';
import { choleskyFactor, choleskySolve, type Rows, rowProducts, transposed } from './rows.ts';
import type { Labelling } from './shuffle-labels.ts';

/**
 * The scores of each item by a linear rule that is learned from the items of the other folds:
 * Fisher's discriminant by least squares (Hastie, Tibshirani and Friedman 2009, "The elements of
 * statistical learning", exercise 4.2). Its weights are S⁻¹ (m₁ - m₀), with the covariance S of all
 * items and the means m of the classes; the score is 0 halfway between the means, and higher for
 * class 1.
 *
 * Columns are scaled to deviation 1, and S is shrunk towards a multiple of the identity
 * ({@link shrunkCovariance}), so that there may be more columns than items, and nothing is to be
 * tuned. A column without variance has no effect. Labels enter only through the means: S is
 * factored once in each fold for any number of labellings, as a permutation test needs.
 *
 * @param values `[items, columns]`, finite.
 * @param folds The fold of each item, from 0.
 * @param labellings Throws a RangeError where the items outside some fold are of one class.
 * @returns For each labelling, the scores of all items.
 */
export function crossDiscriminant(
  values: Float64Array,
  folds: ArrayLike<number>,
  labellings: readonly Labelling[],
): readonly Float64Array[] {
  const items = folds.length;
  const columns = values.length / items;
  const narrow = inFewColumns(
    standardised(Array.from(folds, (_, i) => values.slice(i * columns, (i + 1) * columns))),
  );
  // With a last column of 1, products also hold sums and counts, and a rule's last weight is its
  // offset.
  const rows = narrow.map((row) => Float64Array.of(...row, 1));
  const parts = partsOf(rows, folds, labellings);
  const products = parts.map((part) => part.products).reduce(sumOf);
  const classes = parts.map((part) => part.classes).reduce(sumOf);
  const scores = labellings.map(() => new Float64Array(items));
  for (const part of parts) {
    const others = parts
      .filter((otherPart) => otherPart !== part)
      .flatMap((otherPart) => otherPart.rows);
    const covariance = shrunkCovariance(differenceOf(products, part.products), others, columns);
    const partScores = rowProducts(
      learnRules(covariance, differenceOf(classes, part.classes)),
      part.rows,
    );
    for (const [k, of] of partScores.entries())
      for (const [i, index] of part.indices.entries()) scores[k]![index] = of[i]!;
  }
  return scores;
}

const sumOf = (a: Rows, b: Rows): Rows =>
  a.map((row, i) => row.map((value, k) => value + b[i]![k]!));
const differenceOf = (a: Rows, b: Rows): Rows =>
  a.map((row, i) => row.map((value, k) => value - b[i]![k]!));

/** Columns around 0 with deviation 1; those without variance are 0. */
function standardised(rows: Rows): Rows {
  const columns = transposed(rows).map((column) => {
    const middle = mean(column);
    const centred = column.map((value) => value - middle);
    const variance = sumOfSquares(centred) / column.length;
    const isRounding = variance <= 1e-20 * (1 + middle ** 2); // of equal values
    return centred.map((value) => (isRounding ? 0 : value / Math.sqrt(variance)));
  });
  return transposed(columns);
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** Added to a diagonal that may hold 0: it decides nothing. */
const ridge = 1e-9;

const plusDiagonal = (rows: Rows, added: number): Rows =>
  rows.map((row, i) => row.map((value, k) => (i === k ? value + added : value)));

/**
 * Items with the same products in no more columns than there are items: a rotation, which changes
 * no score.
 */
function inFewColumns(rows: Rows): Rows {
  return rows[0]!.length <= rows.length
    ? rows
    : choleskyFactor(plusDiagonal(rowProducts(rows, rows), ridge));
}

/** The items of one fold; the last column of 1 counts among the columns. */
interface Part {
  readonly indices: readonly number[];
  /** `[items, columns]`. */
  readonly rows: Rows;
  /** The products of the columns, summed over the items: `[columns, columns]`. */
  readonly products: Rows;
  /**
   * The weighted sums of the columns over the items of class 0, then of class 1:
   * `[2 labellings, columns]`.
   */
  readonly classes: Rows;
}

function partsOf(
  rows: Rows,
  folds: ArrayLike<number>,
  labellings: readonly Labelling[],
): readonly Part[] {
  return [...new Set(Array.from(folds))].map((fold) => {
    const indices = Array.from(folds, (of, index) => (of === fold ? index : -1)).filter(
      (index) => index >= 0,
    );
    const part = indices.map((index) => rows[index]!);
    const weights = [0, 1].flatMap((c) =>
      labellings.map(({ labels, weights }) =>
        Float64Array.from(indices, (i) => (labels[i] === c ? (weights?.[i] ?? 1) : 0)),
      ),
    );
    const turned = transposed(part);
    return {
      indices,
      rows: part,
      products: rowProducts(turned, turned),
      classes: rowProducts(weights, turned),
    };
  });
}

/**
 * The covariance of items, shrunk towards `centre` times the identity by the share that minimises
 * its expected distance from the true one: its own noise over its distance from there (Ledoit and
 * Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", lemma 3.3 to
 * 3.5).
 *
 * @param products Of the columns, the last of which is 1.
 * @param allColumns The number of columns before there were fewer.
 */
function shrunkCovariance(products: Rows, rows: Rows, allColumns: number): Rows {
  const size = products.length - 1;
  const items = products[size]![size]!;
  const means = products[size]!.map((sum) => sum / items);
  const covariance = products
    .slice(0, size)
    .map((row, i) => row.subarray(0, size).map((sum, k) => sum / items - means[i]! * means[k]!));
  const squares = covariance.reduce((sum, row) => sum + sumOfSquares(row), 0);
  const centre = covariance.reduce((sum, row, i) => sum + row[i]!, 0) / allColumns;
  // How much products vary shows in the distances of items from the mean, to the fourth power.
  let fourth = 0;
  for (const row of rows) {
    let square = 0;
    for (let k = 0; k < size; k++) square += (row[k]! - means[k]!) ** 2;
    fourth += square ** 2;
  }
  const noise = (fourth / items - squares) / (items * allColumns);
  const distance = squares / allColumns - centre * centre;
  const share = distance <= 0 ? 0 : Math.max(0, Math.min(1, noise / distance));
  const shrunk = covariance.map((row) => row.map((value) => value * (1 - share)));
  return plusDiagonal(shrunk, share * centre + ridge);
}

/** The rule of each labelling: weights, and last the offset, `[labellings, columns]`. */
function learnRules(covariance: Rows, classes: Rows): Rows {
  const size = covariance.length;
  if (!classes.every((sums) => sums[size]! > leastWeight)) {
    throw new RangeError('Expected items of both classes outside every fold.');
  }
  const means = classes.map((sums) => sums.subarray(0, size).map((sum) => sum / sums[size]!));
  const zeros = means.slice(0, means.length / 2);
  const ones = means.slice(means.length / 2);
  return choleskySolve(choleskyFactor(covariance), differenceOf(ones, zeros)).map((weights, k) => {
    const offset = weights.reduce(
      (sum, weight, i) => sum - (weight * (zeros[k]![i]! + ones[k]![i]!)) / 2,
      0,
    );
    return Float64Array.of(...weights, offset);
  });
}

/** More than the rounding of a difference of equal sums. */
const leastWeight = 1e-6;
