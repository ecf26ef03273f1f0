import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { tableOfPairs } from '../../src/learning/metrics/testing-scores.ts';
import { assertGolden } from '../../test/support/golden.ts';
import { type Mistakes, mistakesChart, mistakesOn, shownSplits } from './mistakes-chart.ts';

const row = (key: string, label: 0 | 1, fake: number, source?: string): BinaryRow => ({
  key,
  split: 'test',
  label,
  negative: 0,
  positive: fake,
  ...(source !== undefined && { source }),
});

const rows = [
  row('real/a', 0, 0.5),
  row('real/b', 0, 2),
  row('real/c', 0, 0),
  row('fake/d', 1, -3, 'swap'),
  row('fake/e', 1, 0, 'swap'),
  row('fake/f', 1, 1, 'blend'),
  row('fake/a_name_that_is_longer_than_its_image_is_wide', 1, -7, 'blend'),
];

test('the most confident mistakes of both kinds come first; equal scores are no mistake', () => {
  const [reals, fakes] = mistakesOn('test', tableOfPairs(rows));

  assert.deepEqual([reals!.images, fakes!.images, reals!.count, fakes!.count], [3, 4, 2, 2]);
  assert.deepEqual(
    [reals, fakes].map((of) => of!.worst.map(({ scores }) => scores[1])),
    [
      [2, 0.5],
      [-7, -3],
    ],
  );
});

test('a dozen of each are shown, and all are counted', () => {
  const many = Array.from({ length: 40 }, (_, i) => row(`${i}`, 0, 1 + i));
  const [{ count, worst }] = mistakesOn('test', tableOfPairs(many)) as [Mistakes, Mistakes];

  assert.deepEqual([count, worst.length, worst[0]!.scores[1]], [40, 12, 40]);
});

test('splits that trained or chose the model are left out, unless there is no other', () => {
  assert.deepEqual(shownSplits(['train', 'val', 'test', 'elsewhere']), ['test', 'elsewhere']);
  assert.deepEqual(shownSplits(['train', 'val']), ['val']);
});

test('the sheet says what it shows', () => {
  const none = mistakesOn('elsewhere', tableOfPairs([{ ...row('x', 0, -1), split: 'elsewhere' }]));
  const chart = mistakesChart(
    [...mistakesOn('test', tableOfPairs(rows)), ...none],
    ['real', 'fake'],
    ({ key }) => `data:image/png;base64,${btoa(key)}`,
    ' Corrupted: jpeg 40.',
  );
  assertGolden(chart, new URL('golden/mistakes.json', import.meta.url));
});
