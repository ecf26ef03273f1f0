import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import type { Comparison } from './compare-subjects.ts';
import { comparedCurves } from './compared-curves.ts';
import type { ComparisonGrid } from './comparison-grid.ts';
import { bandOf, curveGroups, smoothed } from './curve-groups.ts';

const grid: ComparisonGrid = {
  labels: ['a', 'b', 'c', 'd'],
  runs: ['a', 'b', 'c', 'd'],
  metrics: [],
  settings: [
    { name: 'fit.rate', isAxis: false, values: [0.1, 0.1, 0.2, 0.2] },
    { name: 'seed', isAxis: true, values: [7, 8, 7, 8] },
    { name: 'id', isAxis: false, values: [1, 2, 3, 4] },
  ],
};

test('curves are grouped by a setting of few values, or all together', () => {
  assert.deepEqual(curveGroups(grid, 'seed'), [
    { label: 'seed 7', subjects: [0, 2] },
    { label: 'seed 8', subjects: [1, 3] },
  ]);
  assert.deepEqual(
    curveGroups(grid, 'id').map(({ label }) => label),
    ['rate 0.1', 'rate 0.2'],
    'a setting that differs in each groups nothing',
  );
  assert.deepEqual(curveGroups(grid, 'all'), [{ label: 'all', subjects: [0, 1, 2, 3] }]);
});

test('a group of curves is its mean with a band from its least to its greatest value', () => {
  const curve = (...values: readonly (number | null)[]) => [
    {
      name: 'loss',
      unit: 'epoch',
      count: values.length,
      every: 1,
      points: values.map((value, step) => [step + 1, value] as const),
    },
  ];
  const comparison = partialValue<Comparison>({
    histories: [],
    curves: [{ stage: 'fit', of: [curve(1, 0.5), curve(3, 1.5), curve(4, null), []] }],
  });
  const [loss, ...others] = comparedCurves(comparison);
  assert.deepEqual([loss!.name, loss!.unit, others.length], ['fit, loss', 'epoch', 0]);
  assert.deepEqual(
    loss!.lines.map(({ subject }) => subject),
    [0, 1],
    'a single number is no line',
  );
  const [group] = curveGroups(grid, 'fit.rate');
  assert.deepEqual(bandOf(loss!.lines, group!), [
    { step: 1, value: 2, low: 1, high: 3 },
    { step: 2, value: 1, low: 0.5, high: 1.5 },
  ]);
});

test('smoothing is a moving average that does not begin at zero, and none with weight 0', () => {
  const points = [
    [1, 1],
    [2, null],
    [3, 3],
  ] as const;
  assert.deepEqual(smoothed(points, 0), points);
  assert.deepEqual(smoothed(points, 0.5), [
    [1, 1],
    [2, null],
    [3, 7 / 3],
  ]);
});
