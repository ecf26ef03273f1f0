import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { competitionScore, equalScoreGap, scoreRatio } from './competition-score.ts';

test('the example of the docstring, and that a published 2.89 would need an AUC of 0.9602', () => {
  assert.equal(competitionScore(0.958, 34_850).toFixed(3), '2.608');
  assert.equal(competitionScore(0.9602, 34_850).toFixed(2), '2.89');
});

test('the ratio of two scores depends on the difference of the areas, and at the gap they are equal', () => {
  assert.equal(scoreRatio(0.1, 1000, 1000), 100);
  const ratio = competitionScore(0.95, 1000) / competitionScore(0.91, 50);
  assert.ok(Math.abs(scoreRatio(0.04, 1000, 50) / ratio - 1) < 1e-12);
  assert.equal(equalScoreGap(1000, 1000), 0);
  assert.ok(Math.abs(scoreRatio(equalScoreGap(1000, 50), 1000, 50) - 1) < 1e-12);
});

test('one parameter and an AUC of 0.9 score 1; ten per cent more are worth a factor of 100', () => {
  assert.equal(competitionScore(0.9, 1), 1);
  assert.ok(Math.abs(competitionScore(1, 1) - 100) < 1e-9);
  assert.ok(Number.isNaN(competitionScore(Number.NaN, 10)));
});

test('it grows with the AUC and falls with the parameters', () => {
  const area = fc.double({ min: 0, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(area, fc.integer({ min: 1, max: 1e9 }), (auc, n) => {
      const score = competitionScore(auc, n);
      assert.ok(
        competitionScore(auc + 0.01, n) > score &&
          competitionScore(auc, 2 * n) < score &&
          score > 0,
      );
    }),
  );
});

test('parameters that are no count are refused', () => {
  for (const wrong of [0, -1, 1.5, Number.NaN])
    assert.throws(() => competitionScore(0.9, wrong), RangeError);
});
