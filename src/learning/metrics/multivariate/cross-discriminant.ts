import { Matrix } from 'ml-matrix';
import { choleskyFactor, choleskySolve } from './cholesky.ts';
import { rowProducts } from './row-products.ts';
import type { Labeling } from './shuffle-labels.ts';

/**
 * The scores of each item by a linear rule that is learned from the items of the other folds: Fisher's discriminant by least squares
 * (Hastie, Tibshirani and Friedman 2009, "The elements of statistical learning", exercise 4.2). Its weights are S⁻¹ (m₁ - m₀), with
 * the covariance S of all items and the means m of the classes; the score is 0 halfway between the means, and higher for class 1.
 *
 * Columns are scaled to deviation 1, and S is shrunk towards a multiple of the identity ({@link shrunkCovariance}), so that there
 * may be more columns than items, and nothing is to be tuned. A column without variance has no effect.
 *
 * Labels enter only through the means: S is factored once in each fold for any number of labelings, as a permutation test needs.
 *
 * @param values `[items, columns]`, finite.
 * @param folds The fold of each item, from 0.
 * @param labelings Throws a RangeError where the items outside some fold are of one class.
 * @returns For each labeling, the scores of all items.
 */
export function crossDiscriminant(
  values: Float64Array,
  folds: ArrayLike<number>,
  labelings: readonly Labeling[],
): readonly Float64Array[] {
  const items = folds.length;
  const columns = values.length / items;
  const narrow = inFewColumns(standardised(Matrix.from1DArray(items, columns, values)));
  // With a last column of 1, products also hold sums and counts, and a rule's last weight is its offset.
  const rows = new Matrix(narrow.addColumn(narrow.columns, Array<number>(items).fill(1)));
  const parts = partsOf(rows, folds, labelings);
  const products = parts.map((part) => part.products).reduce((one, other) => Matrix.add(one, other));
  const classes = parts.map((part) => part.classes).reduce((one, other) => Matrix.add(one, other));
  const scores = labelings.map(() => new Float64Array(items));
  for (const part of parts) {
    const others = parts.filter((other) => other !== part).map((other) => other.rows);
    const covariance = shrunkCovariance(Matrix.sub(products, part.products), others, columns);
    const found = rowProducts(part.rows, learnRules(covariance, Matrix.sub(classes, part.classes)));
    for (const [i, place] of part.places.entries()) {
      for (const [k, of] of scores.entries()) of[place] = found.get(i, k);
    }
  }
  return scores;
}

/** Columns around 0 with deviation 1; those without variance are 0. */
function standardised(values: Matrix): Matrix {
  const means = values.mean('column');
  const centred = values.clone().subRowVector(means);
  for (let k = 0; k < centred.columns; k++) {
    const column = centred.getColumnVector(k);
    const variance = column.dot(column) / centred.rows;
    const isRounding = variance <= 1e-20 * (1 + means[k]! ** 2); // of equal values
    centred.mulColumn(k, isRounding ? 0 : 1 / Math.sqrt(variance));
  }
  return centred;
}

/** Added to a diagonal that may hold 0: it decides nothing. */
const ridge = 1e-9;

/** Items with the same products in no more columns than there are items: a rotation, which changes no score. */
function inFewColumns(rows: Matrix): Matrix {
  if (rows.columns <= rows.rows) return rows;
  return choleskyFactor(rowProducts(rows, rows).add(Matrix.eye(rows.rows).mul(ridge)));
}

/** The items of one fold; the last column of 1 counts among the columns. */
interface Part {
  readonly places: readonly number[];
  /** `[items, columns]`. */
  readonly rows: Matrix;
  /** The products of the columns, summed over the items: `[columns, columns]`. */
  readonly products: Matrix;
  /** The weighted sums of the columns over the items of class 0, then of class 1: `[2 labelings, columns]`. */
  readonly classes: Matrix;
}

function partsOf(rows: Matrix, folds: ArrayLike<number>, labelings: readonly Labeling[]): readonly Part[] {
  const all = Array.from({ length: rows.columns }, (_, k) => k);
  return [...new Set(Array.from(folds))].map((fold) => {
    const places = Array.from(folds, (of, place) => (of === fold ? place : -1)).filter((place) => place >= 0);
    const part = new Matrix(rows.selection(places, all));
    const weights = [0, 1].flatMap((c) =>
      labelings.map(({ labels, weights }) => places.map((i) => (labels[i] === c ? (weights?.[i] ?? 1) : 0))),
    );
    const turned = part.transpose();
    const [products, classes] = [rowProducts(turned, turned), rowProducts(new Matrix(weights), turned)];
    return { places, rows: part, products, classes };
  });
}

/**
 * The covariance of items, shrunk towards `centre` times the identity by the share that minimises its expected distance from the true
 * one: its own noise over its distance from there (Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional
 * covariance matrices", lemma 3.3 to 3.5).
 *
 * @param products Of the columns, the last of which is 1.
 * @param rows The items, in parts.
 * @param allColumns The number of columns before there were fewer.
 */
function shrunkCovariance(products: Matrix, rows: readonly Matrix[], allColumns: number): Matrix {
  const size = products.columns - 1;
  const items = products.get(size, size);
  const mean = Matrix.rowVector(products.getRow(size)).div(items);
  const covariance = Matrix.div(products, items)
    .sub(mean.transpose().mmul(mean))
    .subMatrix(0, size - 1, 0, size - 1);
  const squares = covariance.dot(covariance);
  const centre = covariance.trace() / allColumns;
  // How much products vary shows in the distances of items from the mean, to the fourth power.
  let fourth = 0;
  for (const part of rows) {
    const centred = part.clone().subRowVector(mean);
    for (let i = 0; i < part.rows; i++) {
      const row = centred.getRowVector(i);
      fourth += row.dot(row) ** 2;
    }
  }
  const noise = (fourth / items - squares) / (items * allColumns);
  const distance = squares / allColumns - centre * centre;
  const share = distance <= 0 ? 0 : Math.max(0, Math.min(1, noise / distance));
  return covariance.mul(1 - share).add(Matrix.eye(size).mul(share * centre + ridge));
}

/** The rule of each labeling: weights, and last the offset, `[labelings, columns]`. */
function learnRules(covariance: Matrix, classes: Matrix): Matrix {
  const size = covariance.columns;
  const labelings = classes.rows / 2;
  const counts = classes.getColumn(size);
  if (!counts.every((count) => count > leastWeight)) {
    throw new RangeError('Expected items of both classes outside every fold.');
  }
  const means = classes.clone().divColumnVector(counts);
  const zeros = means.subMatrix(0, labelings - 1, 0, size - 1);
  const ones = means.subMatrix(labelings, 2 * labelings - 1, 0, size - 1);
  const apart = Matrix.sub(ones, zeros).transpose();
  const weights = choleskySolve(choleskyFactor(covariance), apart).transpose();
  const halfway = Matrix.mul(weights, Matrix.add(ones, zeros).div(2)).sum('row');
  return new Matrix(
    weights.addColumn(
      size,
      halfway.map((sum) => -sum),
    ),
  );
}

/** More than the rounding of a difference of equal sums. */
const leastWeight = 1e-6;
