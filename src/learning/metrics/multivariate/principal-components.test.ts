import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertClose } from '../../../../test/support/assert-close.ts';
import { leadingDirections, principalComponents } from './principal-components.ts';

/** Made by NumPy: test/golden/components.py. */
const cases = JSON.parse(
  readFileSync(new URL('../../../../test/golden/components.json', import.meta.url), 'utf8'),
) as Readonly<
  Record<
    string,
    {
      readonly values: readonly number[];
      readonly columns: number;
      readonly coordinates: readonly number[];
      readonly shares: readonly number[];
    }
  >
>;

for (const [name, { values, columns, coordinates, shares }] of Object.entries(cases)) {
  test(`components are those of NumPy's singular values: ${name}`, () => {
    const components = principalComponents(Float32Array.from(values), columns);
    assertClose(components.coordinates, coordinates, 1e-6);
    assertClose(components.shares, shares, 1e-9);
  });
}

test('four points on a line have one component, in their order', () => {
  const { coordinates, shares } = principalComponents(Float32Array.of(0, 0, 3, 4, 6, 8, 9, 12), 2);
  assertClose(coordinates, [-7.5, 0, -2.5, 0, 2.5, 0, 7.5, 0], 1e-9);
  assertClose(shares, [1, 0], 1e-12);
});

test('equal rows and a single row have coordinates of 0, a single column has one component', () => {
  const zeros = { coordinates: new Float64Array(4), shares: [0, 0] };
  assert.deepEqual(principalComponents(Float32Array.of(1, 2, 1, 2), 2), zeros);
  assert.deepEqual(principalComponents(Float32Array.of(1, 2), 2).coordinates, new Float64Array(2));
  assertClose(principalComponents(Float32Array.of(1, 3), 1).coordinates, [-1, 0, 1, 0], 1e-12);
});

test('leading directions are orthonormal eigenvectors of the products of the columns', () => {
  const entry = fc.double({ min: -9, max: 9, noNaN: true });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 30, maxLength: 30 }), (entries) => {
      const x = Float64Array.from(entries);
      if (x.every((value) => value === 0)) return;
      const rows = Array.from({ length: 6 }, (_, i) => [...x.subarray(5 * i, 5 * i + 5)]);
      const { directions, values } = leadingDirections(x, 5, 5);
      assert.deepEqual(
        values,
        values.toSorted((a, b) => b - a),
      );
      const dot = (first: ArrayLike<number>, second: ArrayLike<number>) =>
        Array.from(first).reduce((sum, value, i) => sum + value * second[i]!, 0);
      for (const [i, direction] of directions.entries()) {
        const along = rows.map((row) => dot(row, direction));
        assertClose(
          Array.from({ length: 5 }, (_, k) =>
            rows.reduce((sum, row, j) => sum + row[k]! * along[j]!, 0),
          ),
          Array.from(direction, (value) => values[i]! * value),
          1e-9 * (1 + values[0]!),
        );
        assertClose(
          directions.map((candidate) => dot(candidate, direction)),
          directions.map((_, k) => (k === i ? 1 : 0)),
          1e-9,
        );
      }
    }),
  );
});
