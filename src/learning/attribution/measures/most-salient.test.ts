import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mostSalient, salience } from './most-salient.ts';

test('the example of the docstring', () => {
  const map = Float32Array.of(4, 3, 3, 0);
  const cut = mostSalient(map, 2);
  assert.deepEqual(cut, { value: 3, above: 1, tied: 2 });
  assert.deepEqual(
    Array.from(map, (value) => salience(value, cut, 2)),
    [1, 0.5, 0.5, 0],
  );
});

test('the cut is where a sort would end, whatever the values', () => {
  const value = fc.oneof(fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1, 2));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      fc.constantFrom(1, 5000),
      (values, pick, copies) => {
        // Of few values and of many, which are not sorted.
        const map = Float32Array.from(Array.from({ length: copies }, () => values).flat(), Math.abs);
        const count = 1 + (pick % map.length);
        const sorted = map.toSorted().reverse();
        const last = sorted[count - 1]!;
        const above = sorted.filter((each) => each > last).length;
        assert.deepEqual(mostSalient(map, count), {
          ...{ value: last, above },
          tied: sorted.filter((each) => each === last).length,
        });
      },
    ),
    { numRuns: 60 },
  );
});
