import { choleskyFactor, choleskySolve } from './cholesky.ts';
import { ledoitWolf } from './ledoit-wolf.ts';
import { rowProducts } from './row-products.ts';
import type { Labeling } from './shuffle-labels.ts';

/**
 * How far each item lies on the side of class 1 by a linear rule learned from the items of the other folds: Fisher's
 * discriminant by least squares (Hastie, Tibshirani and Friedman 2009, "The elements of statistical learning", exercise 4.2).
 * Its weights are S⁻¹ (m₁ - m₀), with S the covariance of all items and m the means of the classes; the score is 0 halfway
 * between the means, and higher is more like class 1.
 *
 * S is that of columns of deviation 1, drawn towards a multiple of one by as much as its own noise asks for (Ledoit and Wolf
 * 2004, "A well-conditioned estimator for large-dimensional covariance matrices", lemma 3.3), so that there may be more columns
 * than items, and nothing is to be tuned. A column without variance says nothing and does no harm.
 *
 * Labels enter only through the means: each fold's S is factored once for any number of labelings, as a permutation test
 * needs them.
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
  const rows = withOnes(inFewColumns(standardised(values, columns), items), items);
  const parts = partsOf(rows, folds, labelings);
  const whole = parts.map(({ sums }) => sums).reduce((one, other) => combined(one, other, 1));
  const scores = labelings.map(() => new Float64Array(items));
  for (const [fold, part] of parts.entries()) {
    const others = parts.filter((_, other) => other !== fold).map((other) => other.rows);
    const rules = learn(combined(whole, part.sums, -1), others, columns);
    const products = rowProducts(rules, part.rows, rows.length / items);
    for (const [k, of] of scores.entries()) {
      for (const [i, place] of part.places.entries()) of[place] = products[k * part.places.length + i]!;
    }
  }
  return scores;
}

/** Columns around 0 with deviation 1; those without variance are 0. */
function standardised(values: Float64Array, columns: number): Float64Array {
  const scaled = new Float64Array(values.length);
  for (let k = 0; k < columns; k++) {
    let [sum, squares] = [0, 0];
    for (let i = k; i < values.length; i += columns) sum += values[i]!;
    const mean = (sum * columns) / values.length;
    for (let i = k; i < values.length; i += columns) squares += (values[i]! - mean) ** 2;
    const variance = (squares * columns) / values.length;
    if (variance <= 1e-20 * (1 + mean * mean)) continue; // the rounding of equal values
    const deviation = Math.sqrt(variance);
    for (let i = k; i < values.length; i += columns) scaled[i] = (values[i]! - mean) / deviation;
  }
  return scaled;
}

/** Items with the same products in no more columns than there are items: a rotation, which changes no score. */
function inFewColumns(rows: Float64Array, items: number): Float64Array {
  if (rows.length <= items * items) return rows;
  const products = rowProducts(rows, rows, rows.length / items);
  for (let i = 0; i < items; i++) products[i * items + i]! += ridge;
  return choleskyFactor(products, items);
}

/** Added to a diagonal that may hold 0: it decides nothing. */
const ridge = 1e-9;

/** A last column of 1, so that products with it are sums, and that of rules is what they add. */
function withOnes(rows: Float64Array, items: number): Float64Array {
  const width = rows.length / items;
  const wider = new Float64Array(rows.length + items).fill(1);
  for (let i = 0; i < items; i++) wider.set(rows.subarray(i * width, (i + 1) * width), i * (width + 1));
  return wider;
}

/** The items of one fold; here and below, a last column of 1 counts among the columns. */
interface Part {
  readonly places: readonly number[];
  /** `[items, columns]`. */
  readonly rows: Float64Array;
  readonly sums: Sums;
}

/** What a rule is learned from. */
interface Sums {
  /** Of the columns over items, the upper triangle of `[columns, columns]`. */
  readonly products: Float64Array;
  /** Sums of the columns over the items of class 0 and of class 1, by their weight: `[2, labelings, columns]`. */
  readonly classes: Float64Array;
}

function partsOf(rows: Float64Array, folds: ArrayLike<number>, labelings: readonly Labeling[]): readonly Part[] {
  const columns = rows.length / folds.length;
  const count = Array.from(folds).reduce((most, fold) => Math.max(most, fold), 0) + 1;
  const places = Array.from({ length: count }, () => [] as number[]);
  for (let i = 0; i < folds.length; i++) places[folds[i]!]!.push(i);
  return places.map((own) => {
    const part = new Float64Array(own.length * columns);
    for (const [i, place] of own.entries())
      part.set(rows.subarray(place * columns, (place + 1) * columns), i * columns);
    const turned = transposed(part, columns);
    const sums = {
      products: rowProducts(turned, turned, own.length),
      classes: rowProducts(weightsOf(labelings, own), turned, own.length),
    };
    return { places: own, rows: part, sums };
  });
}

function transposed(matrix: Float64Array, columns: number): Float64Array {
  const rows = matrix.length / columns;
  const turned = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < columns; k++) turned[k * rows + i] = matrix[i * columns + k]!;
  }
  return turned;
}

/** How much each item counts for class 0 and for class 1, `[2, labelings, items]`. */
function weightsOf(labelings: readonly Labeling[], places: readonly number[]): Float64Array {
  const counts = new Float64Array(2 * labelings.length * places.length);
  for (const [k, { labels, weights }] of labelings.entries()) {
    for (const [i, place] of places.entries()) {
      const row = labels[place] === 1 ? labelings.length + k : k;
      counts[row * places.length + i] = weights?.[place] ?? 1;
    }
  }
  return counts;
}

function combined(one: Sums, other: Sums, sign: 1 | -1): Sums {
  return {
    products: one.products.map((value, i) => value + sign * other.products[i]!),
    classes: one.classes.map((value, i) => value + sign * other.classes[i]!),
  };
}

/** The rule of each labeling, `[labelings, columns]`: weights, and what is added. */
function learn({ products, classes }: Sums, rows: readonly Float64Array[], allColumns: number): Float64Array {
  const width = Math.sqrt(products.length);
  const size = width - 1;
  const labelings = classes.length / width / 2;
  const [real, fake] = [classes.subarray(0, labelings * width), classes.subarray(labelings * width)];
  const apart = new Float64Array(size * labelings); // [size, labelings]
  const middles = new Float64Array(labelings * size);
  for (let labeling = 0; labeling < labelings; labeling++) {
    const from = labeling * width;
    const [zeros, ones] = [real[from + size]!, fake[from + size]!];
    if (!(zeros > leastWeight && ones > leastWeight)) {
      throw new RangeError('Expected items of both classes outside every fold.');
    }
    for (let k = 0; k < size; k++) {
      const [ofReal, ofFake] = [real[from + k]! / zeros, fake[from + k]! / ones];
      apart[k * labelings + labeling] = ofFake - ofReal;
      middles[labeling * size + k] = (ofFake + ofReal) / 2;
    }
  }
  const weights = choleskySolve(choleskyFactor(shrunkCovariance(products, rows, allColumns), size), apart);
  const rules = new Float64Array(labelings * width);
  for (let labeling = 0; labeling < labelings; labeling++) {
    const rule = rules.subarray(labeling * width, (labeling + 1) * width);
    for (let k = 0; k < size; k++) {
      rule[k] = weights[k * labelings + labeling]!;
      rule[size]! -= rule[k]! * middles[labeling * size + k]!;
    }
  }
  return rules;
}

/** What a difference of equal sums may leave is less. */
const leastWeight = 1e-6;

/** The upper triangle of `[size, size]`, without the column of 1. `allColumns`: before there were fewer. */
function shrunkCovariance(products: Float64Array, rows: readonly Float64Array[], allColumns: number): Float64Array {
  const width = Math.sqrt(products.length);
  const size = width - 1;
  const items = products.at(-1)!;
  const mean = Float64Array.from({ length: size }, (_, k) => products[k * width + size]! / items);
  const covariance = new Float64Array(size * size);
  let [squares, trace] = [0, 0];
  for (let k = 0; k < size; k++) {
    for (let l = k; l < size; l++) {
      const value = products[k * width + l]! / items - mean[k]! * mean[l]!;
      covariance[k * size + l] = value;
      squares += (k === l ? 1 : 2) * value * value;
      if (k === l) trace += value;
    }
  }
  const centre = trace / allColumns;
  const share = ledoitWolf({ items, columns: allColumns, squares, centre, fourth: fourthPowers(rows, mean) });
  for (let i = 0; i < covariance.length; i++) covariance[i]! *= 1 - share;
  for (let k = 0; k < size; k++) covariance[k * size + k]! += share * centre + ridge;
  return covariance;
}

/** The sum over items of their distance to the mean to the fourth power, which tells how much products vary. */
function fourthPowers(rows: readonly Float64Array[], mean: Float64Array): number {
  let sum = 0;
  for (const part of rows) {
    for (let from = 0; from < part.length; from += mean.length + 1) {
      let square = 0;
      for (let k = 0; k < mean.length; k++) square += (part[from + k]! - mean[k]!) ** 2;
      sum += square * square;
    }
  }
  return sum;
}
