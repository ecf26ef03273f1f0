import { choleskySolve } from './cholesky-solve.ts';
import { fewItemsDiscriminant, type LinearRule, ridge } from './few-items-discriminant.ts';
import { ledoitWolf } from './ledoit-wolf.ts';

/**
 * How far each item lies on the side of class 1 by a linear rule learned from the items of the other folds: linear discriminant
 * analysis, which supposes that both classes spread alike around their means (Fisher 1936; Hastie, Tibshirani and Friedman
 * 2009, "The elements of statistical learning", equation 4.10). Higher is more like class 1; it is the log of the odds where
 * both classes are as frequent: with the fold's own frequencies, a fold with more of a class would be taken for less of it.
 *
 * Of each class the covariance is drawn towards a multiple of one by as much as its own noise asks for (Ledoit and Wolf 2004,
 * "A well-conditioned estimator for large-dimensional covariance matrices", lemma 3.3), so that there may be more columns than
 * items, and nothing is to be tuned. Scores are those of scikit-learn's `LinearDiscriminantAnalysis(solver='lsqr',
 * shrinkage='auto')` less the log of the classes' odds. A column without variance says nothing and does no harm.
 *
 * What is summed over a fold is summed once, so that it takes one pass over the products of all columns; where there are
 * fewer items, over those of all items.
 *
 * @param values `[items, columns]`, finite.
 * @param labels 0 or 1 for each item. Throws a RangeError where the items outside some fold are of one class.
 * @param folds The fold of each item, from 0.
 */
export function crossDiscriminant(
  values: Float64Array,
  labels: ArrayLike<number>,
  folds: ArrayLike<number>,
): Float64Array {
  const items = labels.length;
  const columns = values.length / items;
  const scaled = standardised(values, columns);
  const rules = items < columns ? rulesOfFew(scaled, labels, folds) : rulesOfMany(scaled, labels, folds);
  return Float64Array.from({ length: items }, (_, i) => {
    const { weights, offset } = rules[folds[i]!]!;
    let score = offset;
    for (let k = 0; k < columns; k++) score += weights[k]! * scaled[i * columns + k]!;
    return score;
  });
}

const foldCount = (folds: ArrayLike<number>): number =>
  Array.from(folds).reduce((most, fold) => Math.max(most, fold), 0) + 1;

/** For each fold, the rule of the items outside it. */
function rulesOfFew(scaled: Float64Array, labels: ArrayLike<number>, folds: ArrayLike<number>): readonly LinearRule[] {
  const columns = scaled.length / labels.length;
  const rows = Array.from({ length: labels.length }, (_, i) => scaled.subarray(i * columns, (i + 1) * columns));
  return Array.from({ length: foldCount(folds) }, (_, fold) =>
    fewItemsDiscriminant([0, 1].map((label) => rows.filter((_, i) => folds[i] !== fold && labels[i] === label))),
  );
}

function rulesOfMany(scaled: Float64Array, labels: ArrayLike<number>, folds: ArrayLike<number>): readonly LinearRule[] {
  const items = labels.length;
  const columns = scaled.length / items;
  const count = foldCount(folds);
  const sums = Array.from({ length: count }, (_, fold) =>
    [0, 1].map((label) => sumUp(scaled, columns, (i) => folds[i] === fold && labels[i] === label, items)),
  );
  return Array.from({ length: count }, (_, fold) => {
    const [real, fake] = [0, 1].map((label) => {
      const others = sums.filter((_, other) => other !== fold).map((classes) => classes[label]!);
      return describe(others.reduce(added), scaled, (i) => folds[i] !== fold && labels[i] === label);
    }) as [ClassShape, ClassShape];
    return discriminate(real, fake);
  });
}

/** Columns around 0 with deviation 1, for the sake of rounding; those without variance are 0. */
function standardised(values: Float64Array, columns: number): Float64Array {
  const items = values.length / columns;
  const [means, squares] = [new Float64Array(columns), new Float64Array(columns)];
  for (let i = 0; i < values.length; i++) means[i % columns]! += values[i]! / items;
  for (let i = 0; i < values.length; i++) squares[i % columns]! += (values[i]! - means[i % columns]!) ** 2 / items;
  return values.map((value, i) => {
    const [mean, variance] = [means[i % columns]!, squares[i % columns]!];
    // Less is the rounding of equal values.
    return variance <= 1e-20 * (1 + mean * mean) ? 0 : (value - mean) / Math.sqrt(variance);
  });
}

/** What is known of some items of one class. */
interface Sums {
  readonly items: number;
  readonly values: Float64Array;
  /** Of products, the upper triangle of `[columns, columns]`. */
  readonly products: Float64Array;
}

function sumUp(values: Float64Array, columns: number, holds: (item: number) => boolean, items: number): Sums {
  const [sum, products] = [new Float64Array(columns), new Float64Array(columns * columns)];
  let count = 0;
  for (let i = 0; i < items; i++) {
    if (!holds(i)) continue;
    count++;
    const row = values.subarray(i * columns, (i + 1) * columns);
    for (let k = 0; k < columns; k++) {
      const value = row[k]!;
      sum[k]! += value;
      const at = k * columns;
      for (let l = k; l < columns; l++) products[at + l]! += value * row[l]!;
    }
  }
  return { items: count, values: sum, products };
}

const added = (one: Sums, other: Sums): Sums => ({
  items: one.items + other.items,
  values: one.values.map((value, i) => value + other.values[i]!),
  products: one.products.map((value, i) => value + other.products[i]!),
});

/** Of one class: how many, where, and how spread, the upper triangle of `[columns, columns]`. */
interface ClassShape {
  readonly items: number;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

function describe({ items, values, products }: Sums, all: Float64Array, holds: (item: number) => boolean): ClassShape {
  if (items === 0) throw new RangeError('Expected items of both classes outside every fold.');
  const columns = values.length;
  const mean = values.map((sum) => sum / items);
  const deviations = mean.map((center, k) => {
    const variance = products[k * columns + k]! / items - center * center;
    return variance <= 1e-12 ? 1 : Math.sqrt(variance);
  });
  const correlation = new Float64Array(columns * columns);
  let [squares, trace] = [0, 0];
  for (let k = 0; k < columns; k++) {
    for (let l = k; l < columns; l++) {
      const value = (products[k * columns + l]! / items - mean[k]! * mean[l]!) / (deviations[k]! * deviations[l]!);
      correlation[k * columns + l] = value;
      squares += (k === l ? 1 : 2) * value * value;
      if (k === l) trace += value;
    }
  }
  const centre = trace / columns;
  const share = ledoitWolf({ items, columns, squares, centre, fourth: fourthPowers(all, { mean, deviations }, holds) });
  const covariance = correlation.map((value, i) => {
    const [k, l] = [Math.floor(i / columns), i % columns];
    return ((1 - share) * value + (k === l ? share * centre : 0)) * deviations[k]! * deviations[l]!;
  });
  return { items, mean, covariance };
}

/** The sum over items of the squared length squared, which tells how much products vary. */
function fourthPowers(
  all: Float64Array,
  { mean, deviations }: { readonly mean: Float64Array; readonly deviations: Float64Array },
  holds: (item: number) => boolean,
): number {
  const columns = mean.length;
  let sum = 0;
  for (let i = 0; i < all.length / columns; i++) {
    if (!holds(i)) continue;
    let length = 0;
    for (let k = 0; k < columns; k++) length += ((all[i * columns + k]! - mean[k]!) / deviations[k]!) ** 2;
    sum += length * length;
  }
  return sum;
}

function discriminate(real: ClassShape, fake: ClassShape): LinearRule {
  const columns = real.mean.length;
  const share = fake.items / (real.items + fake.items);
  const within = real.covariance.map((value, i) => (1 - share) * value + share * fake.covariance[i]!);
  for (let k = 0; k < columns; k++) within[k * columns + k]! += ridge;
  const apart = fake.mean.map((value, k) => value - real.mean[k]!);
  const weights = choleskySolve(within, apart);
  let offset = 0;
  for (let k = 0; k < columns; k++) offset -= (weights[k]! * (fake.mean[k]! + real.mean[k]!)) / 2;
  return { weights, offset };
}
