import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../random.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds } from '../ranking/threshold-counts.ts';
import { crossDiscriminant } from './cross-discriminant.ts';
import { groupedFolds } from './grouped-folds.ts';
import { choleskyFactor, choleskySolve, type Rows, rowProducts } from './rows.ts';

/** Made by scikit-learn: test/golden/discriminant.py. */
const cases = JSON.parse(
  readFileSync(new URL('../../../../test/golden/discriminant.json', import.meta.url), 'utf8'),
) as Readonly<
  Record<string, Readonly<Record<'values' | 'labels' | 'folds' | 'scores', readonly number[]>>>
>;

for (const [name, { values, labels, folds, scores }] of Object.entries(cases)) {
  test(`scores are those of scikit-learn's covariance with Ledoit's and Wolf's shrinkage: ${name}`, () => {
    const [got] = crossDiscriminant(Float64Array.from(values!), folds!, [{ labels: labels! }]) as [
      Float64Array,
    ];
    for (const [i, score] of scores!.entries()) {
      assert.ok(
        Math.abs(got[i]! - score) < 1e-6 * (1 + Math.abs(score)),
        `expected ${score} at ${i}, got ${got[i]}`,
      );
    }
  });
}

const rowsOf = (values: readonly (readonly number[])[]): Rows =>
  values.map((row) => Float64Array.from(row));
const numbersOf = (rows: Rows): readonly (readonly number[])[] =>
  rows.map((row) => Array.from(row));

test('the examples of the docstrings are solved', () => {
  const factor = choleskyFactor(
    rowsOf([
      [4, 2],
      [2, 3],
    ]),
  );
  assert.deepEqual(numbersOf(factor), [
    [2, 0],
    [1, Math.SQRT2],
  ]);
  for (const count of [1, 2, 4, 5]) {
    const times = Array.from({ length: count }, (_, i) => i + 1);
    for (const [i, [x, y]] of choleskySolve(
      factor,
      rowsOf(times.map((by) => [2 * by, 5 * by])),
    ).entries()) {
      assert.ok(Math.abs(x! + 0.5 * times[i]!) < 1e-12 && Math.abs(y! - 2 * times[i]!) < 1e-12);
    }
  }
  assert.throws(
    () =>
      choleskyFactor(
        rowsOf([
          [1, 2],
          [2, 1],
        ]),
      ),
    RangeError,
  );
  assert.deepEqual(
    numbersOf(
      rowProducts(
        rowsOf([
          [1, 2],
          [3, 4],
        ]),
        rowsOf([[1, 1]]),
      ),
    ),
    [[3], [7]],
  );
});

test('products of rows are those of plain matrix products, whatever the sizes', () => {
  const size = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.constantFrom(1, 7, 512, 600),
      fc.nat(),
      (rows, columns, length, seed) => {
        const random = new Random(seed);
        const drawn = (count: number): Rows =>
          Array.from({ length: count }, () =>
            Float64Array.from({ length }, () => random.integer(9) - 4),
          );
        const a = drawn(rows);
        const b = drawn(columns);
        const plain = (first: Rows, second: Rows) =>
          first.map((row) => second.map((of) => row.reduce((sum, x, k) => sum + x * of[k]!, 0)));
        assert.deepEqual(numbersOf(rowProducts(a, b)), plain(a, b));
        assert.deepEqual(numbersOf(rowProducts(a, a)), plain(a, a));
      },
    ),
  );
});

test('several labellings at once score as each alone', () => {
  const random = new Random('labellings');
  for (const columns of [3, 40]) {
    const values = Float64Array.from({ length: 24 * columns }, () => random.normal());
    const folds = Array.from({ length: 24 }, (_, i) => i % 3);
    const labellings = [2, 4, 5].map((every) => ({
      labels: Array.from({ length: 24 }, (_, i) => (i % every === 0 ? 1 : 0)),
    }));
    const alone = labellings.map((labelling) => crossDiscriminant(values, folds, [labelling])[0]);
    assert.deepEqual(crossDiscriminant(values, folds, labellings), alone);
  }
});

test('noise does not separate the classes, one shifted column does, and items without differences score alike', () => {
  const random = new Random('columns');
  const labels = Array.from({ length: 400 }, (_, i) => i % 2);
  const folds = groupedFolds(labels, Uint32Array.from(labels.keys()), { count: 5, seed: 1 });
  const of = (columns: number, value: (label: number, k: number) => number) =>
    auc(
      countAtThresholds(
        labels,
        crossDiscriminant(
          Float64Array.from({ length: 400 * columns }, (_, i) =>
            value(labels[Math.floor(i / columns)]!, i % columns),
          ),
          folds,
          [{ labels }],
        )[0]!,
      ),
    );
  assert.ok(Math.abs(of(20, () => random.normal()) - 0.5) < 0.08);
  assert.ok(of(20, (label, k) => random.normal() + (k === 3 ? 2 * label : 0)) > 0.88);
  assert.equal(
    of(2, (label) => label),
    1,
  );
  assert.equal(
    of(3, () => 1 / 3),
    0.5,
  );
});

test('folds keep groups whole and classes even', () => {
  const items = fc.array(fc.record({ label: fc.nat(1), group: fc.nat(60) }), {
    minLength: 100,
    maxLength: 200,
  });
  fc.assert(
    fc.property(items, fc.nat(), (drawn, seed) => {
      const labels = drawn.map(({ label }) => label);
      const groups = drawn.map(({ group }) => group);
      const folds = groupedFolds(labels, groups, { count: 5, seed });
      const foldOf = new Map<number, number>();
      const sizes = [0, 0, 0, 0, 0];
      for (const [i, fold] of folds.entries()) {
        assert.equal(foldOf.get(groups[i]!) ?? fold, fold);
        foldOf.set(groups[i]!, fold);
        sizes[fold]!++;
      }
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 0.2 * drawn.length, sizes.join());
    }),
  );
});

test('where every item stands alone, each fold has its share of each class', () => {
  const labels = Array.from({ length: 103 }, (_, i) => (i % 4 === 0 ? 1 : 0));
  const folds = groupedFolds(labels, Uint32Array.from(labels.keys()), { count: 5, seed: 3 });
  for (const label of [0, 1]) {
    const sizes = [0, 0, 0, 0, 0];
    for (const [i, fold] of folds.entries()) if (labels[i] === label) sizes[fold]!++;
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join());
  }
});
