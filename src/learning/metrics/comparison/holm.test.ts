import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertClose, golden } from '../intervals/testing-intervals.ts';
import { holm } from './holm.ts';

test('the example of the docstring', () => {
  assertClose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
});

test('adjusted p-values are those of the step-down procedure in NumPy', () => {
  for (const [ps, adjusted] of golden.holm) assertClose(holm(ps), adjusted);
});

test('a test that was impossible does not count', () => {
  assert.deepEqual(holm([0.02, Number.NaN, 0.5]), [0.04, Number.NaN, 0.5]);
  assert.deepEqual(holm([]), []);
});

test('no p is lowered or exceeds Bonferroni’s or 1, and their order stays', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (ps) => {
      const adjusted = holm(ps);
      for (const [i, p] of ps.entries()) {
        assert.ok(adjusted[i]! >= p && adjusted[i]! <= Math.min(1, p * ps.length));
        for (const [k, larger] of ps.entries())
          if (p < larger) assert.ok(adjusted[i]! <= adjusted[k]!);
      }
    }),
  );
});
