import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaSpread } from './area-spread.ts';
import { aucInterval } from './auc-interval.ts';
import { assertClose, drawnScores, golden } from './testing-intervals.ts';

test('the example of the docstring', () => {
  const spread = areaSpread({ labels: [0, 0, 1, 1] }, [0.1, 0.4, 0.35, 0.8]);
  assert.deepEqual(spread, {
    area: 0.75,
    variance: 0.125,
    freedom: 2,
    effective: { negatives: 2, positives: 2 },
  });
});

for (const { name, labels, scores, groups, ...expected } of golden.grouped) {
  test(`the spread and the interval are those of Obuchowski and Newcombe, pair by pair, for ${name}`, () => {
    const { area, variance, freedom, effective } = areaSpread({ labels, groups }, scores);
    assertClose([area, variance], [expected.area, expected.variance]);
    assert.equal(freedom, expected.freedom);
    assertClose([effective.negatives, effective.positives], expected.effective);
    const { low, high, method } = aucInterval({ labels, groups }, scores, 0.95);
    assertClose([low, high], expected.interval);
    assert.equal(method, 'group-delong');
  });
}

test('copies of images are worth no more than the images', () => {
  const { labels, scores } = drawnScores(40, 30, 1, 2);
  const copied = [labels, scores].map((values) => values.flatMap((value) => [value, value, value]));
  const groups = labels.flatMap((_, image) => Array<string>(3).fill(`image ${image}`));
  const alone = areaSpread({ labels }, scores);
  const { variance, effective } = areaSpread({ labels: copied[0]!, groups }, copied[1]!);
  assertClose([variance, effective.negatives, effective.positives], [alone.variance, 40, 30]);
});

test('one group of a class does not show the spread', () => {
  const groups = ['a', 'b', 'c', 'c'];
  assert.equal(areaSpread({ labels: [0, 0, 1, 1], groups }, [1, 3, 2, 4]).variance, Number.NaN);
});
