import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withMinus } from '../format-numbers.ts';
import { groupSummaryTables } from './group-summary-tables.ts';

test('numbers of tables have one minus, whoever wrote them; names and dates keep their hyphens', () => {
  assert.equal(withMinus('-0.3 (-0.4–-0.1)'), '−0.3 (−0.4–−0.1)');
  assert.deepEqual(['my-net -1', '2025-01-31', '-', '0.5'].map(withMinus), [
    'my-net -1',
    '2025-01-31',
    '-',
    '0.5',
  ]);
  const table = {
    title: 'Gain',
    columns: ['net', 'gain'],
    rows: [['a-1', -0.25] as const, ['b', '−0.50'] as const],
  };
  assert.deepEqual(groupSummaryTables([{ name: 's', summaryTables: [table] }])[0]!.rows, [
    ['a-1', '−0.25'],
    ['b', '−0.50'],
  ]);
});

test('the seeds of a member stand together, also where the matrix has the seed outside', () => {
  const names = ['fit[rate=1,seed=1]', 'fit[rate=2,seed=1]', 'fit[rate=1,seed=2]', 'score[seed=1]'];
  const stages = names.map((name) => ({
    name,
    summaryTables: [{ title: 'Training', columns: ['epoch'], rows: [[1]] }],
  }));
  assert.deepEqual(
    groupSummaryTables(stages)[0]!.rows.map(([name]) => name),
    ['fit[rate=1,seed=1]', 'fit[rate=1,seed=2]', 'fit[rate=2,seed=1]', 'score[seed=1]'],
  );
});
