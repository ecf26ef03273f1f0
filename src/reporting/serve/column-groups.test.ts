import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupColumns, moved } from './column-groups.ts';

const columns = [
  { name: 'name', values: [] },
  { name: 'fit.seed', of: 'setting' as const, values: [] },
  { name: 'scores.seed', of: 'setting' as const, values: [] },
  { name: 'scores.test.auc', of: 'number' as const, values: [] },
  { name: 'fit.optimizer.learningRate', of: 'setting' as const, values: [] },
];
const kinds = { fit: 'train', scores: 'evaluate' };

test('columns are grouped by stage with its kind, and by settings and numbers', () => {
  assert.deepEqual(groupColumns({ columns, kinds }, ''), [
    { title: 'run', parts: [{ title: '', names: ['name'] }] },
    {
      title: 'fit (train)',
      parts: [{ title: 'settings', names: ['fit.seed', 'fit.optimizer.learningRate'] }],
    },
    {
      title: 'scores (evaluate)',
      parts: [
        { title: 'settings', names: ['scores.seed'] },
        { title: 'numbers', names: ['scores.test.auc'] },
      ],
    },
  ]);
});

test('a search finds the columns whose name has each of its words, in upper or lower case', () => {
  const found = groupColumns({ columns, kinds }, 'FIT rate');
  assert.deepEqual(
    found.map(({ parts }) => parts.flatMap(({ names }) => names)),
    [['fit.optimizer.learningRate']],
  );
});

test('a moved item stands at the place to which it was dragged', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a']);
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b']);
  assert.deepEqual(moved(['a', 'b'], 5, 0), ['a', 'b']);
});
