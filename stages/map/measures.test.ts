import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Rows } from '../../src/learning/metrics/multivariate/rows.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { nearestOfAll, nearestRows, sharedNeighbours } from './neighbours/nearest-rows.ts';
import { trustworthiness } from './neighbours/trustworthiness.ts';
import { principalScores } from './principal-scores.ts';
import { closenessCurve } from './umap/closeness-curve.ts';
import { fuzzyGraph } from './umap/fuzzy-graph.ts';

type Values = readonly (readonly number[])[];
interface Components {
  readonly values: Values;
  readonly scores: Values;
  readonly shares: readonly number[];
}

/** Made by scikit-learn and SciPy: test/golden/maps.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/maps.json', import.meta.url), 'utf8'),
) as Readonly<Record<'tall' | 'wide', Components>> & {
  readonly curves: readonly {
    readonly minDistance: number;
    readonly a: number;
    readonly b: number;
  }[];
  readonly nearest: Values;
  readonly edges: readonly (readonly [head: number, tail: number, weight: number])[];
  readonly trustworthiness: readonly { readonly neighbours: number; readonly value: number }[];
};
const rowsOf = (values: Values): Rows => values.map((row) => Float64Array.from(row));
const tall = rowsOf(golden.tall.values);
const all = Array.from(tall.keys());
const line = rowsOf([[0], [1], [3]]);

for (const form of ['tall', 'wide'] as const) {
  test(`principal scores are scikit-learn's but for signs: ${form}`, () => {
    const { values, scores, shares } = golden[form];
    const reduced = principalScores(rowsOf(values), 4);
    const sizes = reduced.scores.map((row) => row.map(Math.abs));
    assertClose(
      sizes.flatMap((row) => [...row]),
      scores.flat(),
      1e-6,
    );
    assertClose(reduced.shares, shares, 1e-9);
    for (let k = 0; k < 4; k++) {
      const column = reduced.scores.map((row) => row[k]!);
      assert.equal(Math.max(...column), Math.max(...column.map(Math.abs)), 'signs are chosen');
    }
  });
}

test('there are no more components than values, or than rows less one', () => {
  assert.equal(principalScores(tall, 50).shares.length, 8);
  assert.equal(
    principalScores(
      rowsOf([
        [1, 2, 3],
        [4, 5, 7],
        [1, 1, 1],
      ]),
      50,
    ).shares.length,
    2,
  );
});

test('nearest rows are exact, and the first of equals is nearer', () => {
  assert.deepEqual([...nearestRows(line, [2], 1).indexes], [1]);
  assert.deepEqual([...nearestRows(line, [2], 2).distances], [2, 3]);
  assert.deepEqual([...nearestRows(rowsOf([[1], [1], [1]]), [0, 2], 2).indexes], [1, 2, 0, 1]);
  assert.deepEqual([...nearestRows(tall, all, 5).indexes], golden.nearest.flat());
});

test('the nearest of all rows at once are those of each, to the same bits, also among equal ones', () => {
  // More rows than a block, few places: many are equally far.
  const place = fc.tuple(
    fc.integer({ min: 0, max: 5 }),
    fc.double({ noNaN: true, min: -9, max: 9 }),
  );
  fc.assert(
    fc.property(fc.array(place, { minLength: 8, maxLength: 200 }), (places) => {
      const rows = rowsOf(places);
      const each = nearestRows(rows, [...rows.keys()], 7);
      assert.deepEqual(nearestOfAll(rows, 7), each);
    }),
    { numRuns: 40 },
  );
});

test('two arrangements share the neighbours that both have', () => {
  const a = nearestRows(line, [0, 1, 2], 1);
  assert.equal(sharedNeighbours(a, a), 1);
  const b = nearestRows(rowsOf([[0], [5], [1]]), [0, 1, 2], 1);
  // Row 0 is nearest to 1, and then to 2; row 1 to 0, and then to 2; row 2 to 1, and then to 0.
  assert.equal(sharedNeighbours(a, b), 0);
});

test("trustworthiness is scikit-learn's", () => {
  const plane = tall.map((row) => row.slice(0, 2));
  for (const { neighbours, value } of golden.trustworthiness) {
    const [own] = trustworthiness(tall, [nearestRows(plane, all, neighbours)]);
    assertClose([own!], [value], 1e-12);
  }
});

test('a map that keeps every distance is trusted wholly, whatever its rows and scale', () => {
  const values = fc.array(
    fc.tuple(
      fc.double({ noNaN: true, min: -9, max: 9 }),
      fc.double({ noNaN: true, min: -9, max: 9 }),
    ),
    { minLength: 8, maxLength: 20 },
  );
  fc.assert(
    fc.property(values, (rows) => {
      const same = rowsOf(rows);
      const scaled = nearestRows(rowsOf(rows.map(([x, y]) => [4 * x, 4 * y])), [...rows.keys()], 3);
      assert.deepEqual(trustworthiness(same, [scaled]), [1]);
    }),
    { numRuns: 50 },
  );
});

test('the curve of closeness is the one that umap-learn fits', () => {
  for (const { minDistance, a, b } of golden.curves) {
    const curve = closenessCurve(minDistance);
    assertClose([curve.a, curve.b], [a, b], 1e-4);
  }
});

test('edges have the strengths of the fuzzy union, both directions in order', () => {
  const { heads, tails, weights } = fuzzyGraph(nearestRows(tall, all, 5));
  assert.deepEqual(
    Array.from(heads, (head, i) => [head, tails[i]]),
    golden.edges.map(([head, tail]) => [head, tail]),
  );
  // The width of a neighbourhood is found to five digits.
  assertClose(
    weights,
    golden.edges.map(([, , weight]) => weight),
    1e-4,
  );
});
