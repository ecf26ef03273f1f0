import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BinaryRow } from '../scores/binary-view.ts';
import { matchScores } from './match-scores.ts';

const row = (key: string, label: 0 | 1, fake = 0, group?: string): BinaryRow => ({
  key,
  split: 'test',
  label,
  negative: 0,
  positive: fake,
  ...(group !== undefined && { group }),
});

const modelA = { name: 'A', rows: [row('a', 0, 1), row('b', 1, 2, 'v'), row('c', 1, 3)] };

test('images are those that all models scored, whatever their order, and the others are counted', () => {
  const modelB = { name: 'B', rows: [row('x', 0, 9), row('b', 1, 8), row('a', 0, 7)] };
  const matched = matchScores([modelA, modelB]);
  assert.ok(matched.ok);
  assert.deepEqual(matched.value, {
    images: [
      { key: 'a', split: 'test' },
      { key: 'b', split: 'test' },
    ],
    labels: [0, 1],
    groups: [undefined, 'v'],
    models: [
      [modelA.rows[0], modelA.rows[1]],
      [modelB.rows[2], modelB.rows[1]],
    ],
    unmatched: [1, 1],
  });
});

test('an image has the group that any model knows, whatever their order', () => {
  const modelB = { name: 'B', rows: modelA.rows.map(({ group: _, ...rest }) => rest) };
  for (const models of [
    [modelA, modelB],
    [modelB, modelA],
  ]) {
    const matched = matchScores(models);
    assert.ok(matched.ok);
    assert.deepEqual(matched.value.groups, [undefined, 'v', undefined]);
  }
});

test('the error says why scores cannot be compared', () => {
  const against = (...rows: BinaryRow[]) => {
    const result = matchScores([modelA, { name: 'B', rows }]);
    return result.ok ? '' : result.error;
  };
  assert.deepEqual(
    [
      against(row('data/a', 0), row('data/b', 1)),
      against(row('a', 0), row('x', 1), row('y', 1), row('z', 1)),
      against(row('a', 1), row('b', 1)),
      against(row('a', 0), row('b', 1, 0, 'w')),
      against(row('a', 0), row('a', 0)),
      against(row('b', 1), row('c', 1)),
      against(),
    ],
    [
      'expected the same images in the scores of all models, matched by split and key, got 0 in common: ' +
        'A has 3 such as "a" of test; B has 2 such as "data/a" of test',
      'expected the same images in the scores of all models, matched by split and key, got 1 in common: ' +
        'A has 3 such as "a" of test; B has 4 such as "a" of test',
      'expected one class for "a" of test, got real in the scores of A and fake in those of B',
      'expected one group for "b" of test, got "v" in the scores of A and "w" in those of B',
      'expected every image once in the scores of B, got "a" of test twice',
      'expected real and fake images that all models scored, got 2 fake ones alone',
      'expected the same images in the scores of all models, matched by split and key, got 0 in common: ' +
        'A has 3 such as "a" of test; B has 0',
    ],
  );
});

test('errors use the names of the sides', () => {
  const sides = ['cat', 'dog'] as const;
  const errorOf = (...rows: BinaryRow[]) => {
    const result = matchScores([
      { ...modelA, sides },
      { name: 'B', rows, sides },
    ]);
    return result.ok ? '' : result.error;
  };
  assert.equal(
    errorOf(row('a', 1), row('b', 1)),
    'expected one class for "a" of test, got cat in the scores of A and dog in those of B',
  );
  assert.equal(
    errorOf(row('b', 1), row('c', 1)),
    'expected cat and dog images that all models scored, got 2 dog ones alone',
  );
});
