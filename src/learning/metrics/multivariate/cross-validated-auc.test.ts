import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crossValidatedAuc } from './cross-validated-auc.ts';
import { groupedFolds } from './grouped-folds.ts';
import { shuffleLabels } from './shuffle-labels.ts';
import { alone, measureNoise } from './testing-noise.ts';

test('a column that separates the classes is found among others that do not, surely, and with a short interval', () => {
  const { auc } = measureNoise({ groups: alone(200), columns: 8, apart: 1 }, 1);
  assert.equal(auc.p, 1 / 200);
  assert.ok(auc.low > 0.6 && auc.low < auc.estimate && auc.estimate < auc.high && auc.high < 0.85);
});

test('a column that separates the classes without fail has an area of 1, and an interval below', () => {
  const { auc } = measureNoise({ groups: alone(60), columns: 1, apart: 40 }, 1);
  const { low, ...ends } = auc;
  assert.deepEqual(ends, { estimate: 1, high: 1, p: 1 / 200 });
  assert.ok(low > 0.8 && low < 0.97, `${low}`);
});

test('few groups say little, however many items each has', () => {
  const groups = Array.from(
    { length: 12 },
    (_, group) => (group % 2 === 0 ? [0, 40] : [40, 0]) as [number, number],
  );
  const { auc } = measureNoise({ groups, columns: 3, shared: 0.9 }, 2);
  assert.ok(auc.high - auc.low > 0.5, `${auc.low} to ${auc.high}`);
});

test('columns without variance have an area of 0.5, no interval and a p of 1', () => {
  const labels = [0, 1, 0, 1];
  const groups = [0, 1, 2, 3];
  const folds = groupedFolds(labels, groups, { count: 2, seed: 1 });
  const values = new Float64Array(4).fill(7);
  assert.deepEqual(
    crossValidatedAuc({ values, labels, groups, folds }, { confidence: 0.95, seed: 1 }),
    {
      estimate: 0.5,
      low: Number.NaN,
      high: Number.NaN,
      p: 1,
    },
  );
});

test('shuffled labels keep groups whole, and the weight of each class in each fold', () => {
  const items = fc.array(fc.record({ label: fc.nat(1), group: fc.nat(30) }), {
    minLength: 40,
    maxLength: 120,
  });
  fc.assert(
    fc.property(items, fc.nat(), (drawn, seed) => {
      const labels = drawn.map(({ label }) => label);
      const groups = drawn.map(({ group }) => group);
      const folds = groupedFolds(labels, groups, { count: 5, seed });
      const weigh = (labels: ArrayLike<number>, weights: ArrayLike<number>) => {
        const sums = Array.from({ length: 10 }, () => 0);
        for (const [i, fold] of folds.entries()) sums[2 * fold + labels[i]!]! += weights[i]!;
        return sums.map((sum) => Number(sum.toFixed(9)));
      };
      const before = weigh(
        labels,
        labels.map(() => 1),
      );
      for (const { labels: shuffled, weights } of shuffleLabels(
        { labels, groups, folds },
        3,
        seed,
      )) {
        assert.deepEqual(weigh(shuffled, weights!), before);
        const pairs = drawn.map(
          ({ label, group }, i) => `${group} ${label} ${shuffled[i]} ${weights![i]}`,
        );
        const parts = drawn.map(({ label, group }) => `${group} ${label}`);
        // One label and one weight for each part.
        assert.equal(new Set(pairs).size, new Set(parts).size);
      }
    }),
  );
});

test('labels of single items come in every order within a fold, and with a weight of 1', () => {
  const orders = shuffleLabels(
    { labels: [0, 0, 1, 1, 0], groups: [0, 1, 2, 3, 4], folds: [0, 0, 0, 1, 1] },
    200,
    1,
  );
  const counts = new Map<string, number>();
  for (const { labels, weights } of orders) {
    assert.deepEqual(Array.from(weights!), [1, 1, 1, 1, 1]);
    const order = Array.from(labels).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), [
    '00101',
    '00110',
    '01001',
    '01010',
    '10001',
    '10010',
  ]);
  assert.ok(Math.min(...counts.values()) > 15);
});
