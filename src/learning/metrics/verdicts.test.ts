import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceVerdict, guessingVerdict } from './verdicts.ts';

test('a model is better than guessing only where the interval of its AUC excludes a half', () => {
  const of = (estimate: number, low: number, high: number, confidence?: number) =>
    guessingVerdict({ split: 'test', estimate, low, high, confidence });
  assert.equal(
    of(0.81, 0.77, 0.85, 0.95),
    'Better than guessing on test (AUC 0.810, 95 % interval 0.770 to 0.850, excludes 0.5).',
  );
  assert.equal(
    of(0.55, 0.5, 0.6),
    'Not shown to be better than guessing on test (AUC 0.550, interval 0.500 to 0.600, includes 0.5).',
  );
  assert.equal(
    of(0.2, 0.1, 0.3, 0.9),
    'Worse than guessing on test (AUC 0.200, 90 % interval 0.100 to 0.300, excludes 0.5): check which class is which.',
  );
  assert.equal(of(1, Number.NaN, Number.NaN, 0.95), undefined);
});

test('a difference is shown or may be chance, whichever model was named first', () => {
  const pair = (other: string, difference: number, adjustedP: number) => ({
    one: 'a',
    other,
    difference,
    adjustedP,
  });
  const of = (...pairs: ReturnType<typeof pair>[]) => differenceVerdict(pairs, 'auc', 0.95);
  assert.equal(
    of(pair('b', 0.01, 0.23)),
    'The difference in AUC is not shown: it may be chance (p = 0.230).',
  );
  assert.equal(
    of(pair('b', -0.1, 0.0002)),
    'The difference in AUC is shown: b is better than a (p < 0.001).',
  );
  assert.equal(
    of(pair('b', 0.1, 0.01), pair('c', -0.1, 0.02), pair('d', 0.01, 0.4)),
    'The difference in AUC is shown for 2 of 3 pairs: a over b, c over a. The others may be chance.',
  );
  assert.equal(
    of(pair('b', 0.1, 0.31), pair('c', 0.1, 0.2)),
    'No difference in AUC is shown: each may be chance (the least p = 0.200).',
  );
  assert.equal(of(pair('b', 0.1, Number.NaN)), undefined);
});
