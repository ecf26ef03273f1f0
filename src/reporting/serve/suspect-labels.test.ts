import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import type { ScoreTable } from '../../learning/metrics/scores/scores-file.ts';
import { suspectLabels } from './suspect-labels.ts';

test('a label is suspect where another class is as probable as in images of that class', () => {
  const names = ['a', 'b'];
  const images = [
    ['test', 0, 0.05], // a, rightly
    ['test', 1, 0.9], // b, rightly: the mean for b is 0.9
    ['test', 0, 0.95], // a with 0.95 for b
    ['test', 0, 0.6], // a with 0.6 for b: wrong, but not sure
    ['train', 0, 0.99], // the model has learned from it
    ['val', 1, 0.9], // means are those of the split
    ['val', -1, 0.99], // without a label
  ] as const;
  const rows = images.map(([split, label], i) => ({ key: String(i), split, label, scores: [] }));
  const table = partialValue<ScoreTable>({ rows, names, classes: names });
  const shares = images.map(([, , share]) => [1 - share, share]);
  assert.deepEqual(suspectLabels(table, shares), [null, null, 'yes', null, null, null, null]);
});
