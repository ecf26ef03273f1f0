import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComparisonGrid } from '../compare/comparison-grid.ts';
import { bestOf, gridRows, sharedSettings, sortGrid } from './grouped-rows.ts';

/** Two rates with two seeds each, the members of one run; `run` contains both values. */
const grid: ComparisonGrid = {
  labels: ['rate 1, seed 7', 'rate 1, seed 8', 'rate 2, seed 7', 'rate 2, seed 8'],
  runs: ['a', 'a', 'a', 'a'],
  settings: [
    { name: 'rate', isAxis: true, values: [1, 1, 2, 2] },
    { name: 'seed', isAxis: true, values: [7, 8, 7, 8] },
    { name: 'run', isAxis: false, values: ['1 7', '1 8', '2 7', '2 8'] },
  ],
  metrics: [
    {
      name: 'test.auc',
      better: 'higher',
      values: [0.6, 0.8, 0.9, 0.7],
      ends: [[0.5, 0.7], null, null, null],
    },
  ],
};

test('without a group, a row is a member with its own interval', () => {
  const rows = gridRows(grid, { over: '' });
  assert.deepEqual(
    rows.map(({ label }) => label),
    grid.labels,
  );
  assert.deepEqual(rows[0]!.numbers, [{ value: 0.6, ends: [0.5, 0.7], each: [0.6] }]);
  assert.equal(rows[1]!.numbers[0]!.ends, undefined);
});

test('over an axis, members have their mean, its interval and each value', () => {
  const rows = gridRows(grid, { over: 'seed' });
  assert.deepEqual(
    rows.map(({ label, subjects }) => [label, subjects]),
    [
      ['rate 1', [0, 1]],
      ['rate 2', [2, 3]],
    ],
  );
  const [number] = rows[0]!.numbers;
  assert.deepEqual(number!.each, [0.6, 0.8]);
  assert.ok(Math.abs(number!.value - 0.7) < 1e-12);
  // Student's t with one degree of freedom: 12.706 standard errors of 0.1.
  assert.ok(Math.abs(number!.ends![1] - (0.7 + 1.27062)) < 1e-4);
  assert.deepEqual(
    sharedSettings(grid, rows).map(({ name }) => name),
    ['rate'],
  );
});

test('members of different runs are never pooled over an axis', () => {
  const rows = gridRows({ ...grid, runs: ['a', 'a', 'b', 'b'] }, { over: 'rate' });
  assert.deepEqual(
    rows.map(({ subjects }) => subjects),
    [[0], [1], [2], [3]],
  );
});

test('rows are sorted by a metric or a setting, and the best is the one in the direction of the metric', () => {
  const rows = gridRows(grid, { over: '' });
  const order = (by: string) => sortGrid(rows, grid, by).map(({ subjects }) => subjects[0]);
  assert.deepEqual(order('-test.auc'), [2, 1, 3, 0]);
  assert.deepEqual(order('seed'), [0, 2, 1, 3]);
  assert.deepEqual(order(''), [0, 1, 2, 3]);
  assert.deepEqual(
    [bestOf(rows, 0, 'higher'), bestOf(rows, 0, 'lower'), bestOf(rows, 0, undefined)],
    [0.9, 0.6, undefined],
  );
});

test('a subject without a number comes last, and has no mean', () => {
  const lacking: ComparisonGrid = {
    ...grid,
    metrics: [{ name: 'test.auc', better: 'higher', values: [null, 0.8, 0.9, 0.7], ends: [] }],
  };
  const rows = gridRows(lacking, { over: '' });
  assert.deepEqual(
    sortGrid(rows, lacking, 'test.auc').map(({ subjects }) => subjects[0]),
    [3, 1, 2, 0],
  );
  assert.equal(gridRows(lacking, { over: 'seed' })[0]!.numbers[0], undefined);
});
