import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableOfPairs } from '../testing-scores.ts';
import { averageGroups } from './average-groups.ts';
import type { BinaryRow } from './binary-view.ts';

const frame = (
  key: string,
  group: string | undefined,
  label: 0 | 1,
  real: number,
  fake: number,
): BinaryRow => ({
  key,
  split: 'test',
  label,
  negative: real,
  positive: fake,
  ...(group !== undefined && { group }),
});

const assertAveraged = (rows: readonly BinaryRow[], averaged: readonly BinaryRow[]) =>
  assert.deepEqual(averageGroups(tableOfPairs(rows)), tableOfPairs(averaged));

test('a video’s scores are the means of its frames’, its key the full name', () => {
  const rows = [
    frame('real/017_3.jpg', 'DeepfakeBench/real/017', 0, 1, 2),
    frame('a.jpg', undefined, 1, 0, 9),
    frame('real/017_9.jpg', 'DeepfakeBench/real/017', 0, 3, -2),
  ];
  assertAveraged(rows, [
    frame('DeepfakeBench/real/017', 'DeepfakeBench/real/017', 0, 2, 0),
    frame('a.jpg', undefined, 1, 0, 9),
  ]);
});

test('a face and its forgery in one group stay two, joined by the group', () => {
  const rows = [frame('a', 'g', 0, 1, 0), frame('b', 'g', 1, 0, 1), frame('c', 'g', 1, 0, 2)];
  assertAveraged(rows, [frame('g, real', 'g', 0, 1, 0), frame('g, fake', 'g', 1, 0, 1.5)]);
});

test('groups of one name in two splits are two, and so are the forgeries of one face by two methods', () => {
  const source = (row: BinaryRow, of: string, split = 'test') => ({ ...row, source: of, split });
  const rows = [
    source(frame('a', 'g', 1, 0, 1), 'swap'),
    source(frame('b', 'g', 1, 0, 3), 'swap'),
    source(frame('c', 'g', 1, 0, 5), 'swap', 'val'),
    source(frame('d', 'g', 1, 0, 7), 'other', 'val'),
  ];
  assertAveraged(rows, [
    source(frame('g', 'g', 1, 0, 2), 'swap'),
    source(frame('g, fake, swap', 'g', 1, 0, 5), 'swap', 'val'),
    source(frame('g, fake, other', 'g', 1, 0, 7), 'other', 'val'),
  ]);
});
