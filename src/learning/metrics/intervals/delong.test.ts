import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aucInterval } from './auc-interval.ts';
import { delong, delongTest } from './delong.ts';
import { assertClose, drawnScores, golden } from './testing-intervals.ts';

test('the example of the docstring', () => {
  const { areas, covariance } = delong([0, 0, 1, 1], [[0.1, 0.4, 0.35, 0.8]]);
  assert.deepEqual([areas, covariance], [[0.75], [[0.125]]]);
});

for (const { name, labels, one, other, ...expected } of golden.delong) {
  test(`areas, covariances, intervals and p-value are DeLong’s, pair by pair, for ${name}`, () => {
    const { areas, covariance } = delong(labels, [one, other]);
    assertClose(areas, expected.areas);
    assertClose(covariance.flat(), expected.covariance.flat());
    for (const [i, scores] of [one, other].entries()) {
      const { low, high, method } = aucInterval({ labels }, scores, 0.95);
      assertClose([low, high], expected.intervals[i]!);
      assert.equal(method, 'delong');
    }
    const { difference, low, high, p } = delongTest(labels, one, other, 0.95);
    assertClose(
      [difference, low, high, p],
      [expected.difference, ...expected.differenceInterval, expected.p],
    );
  });
}

test('models that rank alike do not differ, however they scale', () => {
  const { labels, scores } = drawnScores(50, 30, 1, 1);
  const scaled = scores.map((score) => 7 * score - 2);
  assert.deepEqual(delongTest(labels, scores, scaled, 0.95), {
    difference: 0,
    low: 0,
    high: 0,
    p: 1,
  });
});

test('two rankings without a mistake may differ on other images', () => {
  const { difference, low, high, p } = delongTest([0, 0, 1, 1], [1, 2, 3, 4], [2, 1, 3, 4], 0.95);
  assert.deepEqual([difference, low, high, p], [0, Number.NaN, Number.NaN, 1]);
});

test('areas that differ without any spread have no p-value', () => {
  const { difference, low, high, p } = delongTest([0, 0, 1, 1], [1, 2, 3, 4], [0, 0, 0, 0], 0.95);
  assert.deepEqual([difference, low, high, p], [0.5, Number.NaN, Number.NaN, Number.NaN]);
});

test('one image of a class does not show the spread', () => {
  assert.deepEqual(delong([0, 0, 1], [[1, 3, 2]]).covariance, [[Number.NaN]]);
  const { estimate, low, high } = aucInterval({ labels: [0, 0, 1] }, [1, 3, 2], 0.95);
  assert.deepEqual([estimate, low, high], [0.5, Number.NaN, Number.NaN]);
});

test('a hundred thousand images are counted by rank, not pair by pair', () => {
  const { labels, scores } = drawnScores(50_000, 50_000, 1, 2);
  const { areas, covariance } = delong(labels, [scores]);
  assert.ok(Math.abs(areas[0]! - 0.76) < 0.01);
  assert.ok(Math.abs(Math.sqrt(covariance[0]![0]!) - 0.0015) < 0.0001);
});
