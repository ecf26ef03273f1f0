import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../../src/stage.ts';
import { chartContent } from '../../../test/support/chart-content.ts';
import { assertGolden } from '../../../test/support/golden.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';
import type { MetricItem } from './draw-metrics.ts';
import { forestChart } from './forest.ts';
import { heatmapCells, heatmapChart } from './heatmap.ts';
import { linesAgainst, linesChart } from './lines.ts';

const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);

const models: readonly MetricItem[] = [
  {
    labels: { net: 'a', set: 'faces' },
    value: 0.75,
    interval: [0.7, 0.8],
    confidence: 0.95,
    images: 400,
  },
  { labels: { net: 'b', set: 'faces' }, value: 0.875, images: 400 },
];
const crossed: readonly MetricItem[] = ['x', 'y'].flatMap((train, i) =>
  ['x', 'y'].flatMap((test, j) =>
    ['1', '2'].map((seed, k) => ({
      labels: { train, test, seed },
      value: (i === j ? 0.875 : 0.5) + 0.125 * k,
    })),
  ),
);

const auc = { value: 'test.auc', label: 'test.auc' };

function told(chart: unknown): readonly string[] {
  const { title } = chart as { title: { text: string[]; subtitle: string[] } };
  return [title.text.join(' '), title.subtitle.join(' ')];
}

test('a forest has a row for each model, sorted or as given, its interval beside it', () => {
  const chart = forestChart(models, {
    value: 'test.auc',
    label: 'AUC on test',
    order: 'descending',
  });
  assertGolden(chart, golden('forest'));
  assert.deepEqual(told(chart), [
    'AUC on test by model, set faces',
    'n = 400 images; lines: 95 % intervals',
  ]);
  assert.deepEqual(
    told(forestChart(models, { value: 'test.loss', label: 'loss', order: 'ascending' })),
    ['loss by model, set faces', 'n = 400 images; lines: 95 % intervals'],
  );
  const [first, second] = models as readonly [MetricItem, MetricItem];
  const subtitle = (...items: readonly MetricItem[]) =>
    told(forestChart(items, { value: 'auc', label: 'AUC', order: 'given' }))[1];
  assert.equal(
    subtitle(first, { ...second, interval: [0.8, 0.9], confidence: 0.9 }),
    'n = 400 images; lines: 95 % and 90 % intervals',
  );
  assert.equal(
    subtitle({ ...first, confidence: undefined }),
    'n = 400 images; lines: confidence intervals',
  );
  assert.equal(subtitle({ labels: {}, value: 0.5, groups: 15 }), 'n = 15 groups');
  const { data } = chartContent<{
    data: { values: { name: string }[] };
  }>(
    forestChart(models, {
      value: 'test.auc',
      label: 'AUC',
      order: 'given',
    }),
  );
  assert.deepEqual(
    data.values.map(({ name }) => name),
    ['a', 'b'],
  );
});

test('a heat map has a cell for each pair of values of two axes, the mean over the others', () => {
  const cells = heatmapCells(crossed, { rows: 'train', columns: 'test' });
  assert.deepEqual(cells.cells[0], { row: 'x', column: 'x', count: 2, value: 0.9375 });
  const chart = heatmapChart(crossed, { ...auc, rows: 'train', columns: 'test' });
  assertGolden(chart, golden('heatmap'));
  assert.deepEqual(told(chart), [
    'test.auc by train and test',
    'Each cell is the mean of 2 numbers, over seed; the same train and test: 0.938 in the mean, others: 0.563',
  ]);
  const bySeed = heatmapCells(crossed, { rows: 'seed' });
  assert.deepEqual(
    [bySeed.rows.title, bySeed.columns.title, bySeed.over],
    ['seed', 'train', ['test']],
  );
  assert.deepEqual(told(heatmapChart(crossed, { ...auc, label: 'auc', rows: 'seed' })), [
    'auc by seed and train',
    'Each cell is the mean of 2 numbers, over test',
  ]);
});

test('numbers that differ little have the digits that tell them apart', () => {
  const near = crossed.map((item) => ({ ...item, value: 0.99 + item.value / 1000 }));
  const chart = heatmapChart(near, { ...auc, rows: 'train', columns: 'test' });
  const { data } = chartContent<{ data: { values: { text: string }[] } }>(chart);
  assert.deepEqual(
    data.values.map(({ text }) => text),
    ['0.99094', '0.99056', '0.99056', '0.99094'],
  );
  assert.match(
    told(chart)[1]!,
    /; the same train and test: 0\.99094 in the mean, others: 0\.99056$/,
  );
});

const damaged: readonly MetricItem[] = ['small', 'large'].flatMap((net, i) =>
  ['90', '30', '5'].flatMap((jpeg, j) =>
    ['1', '2'].map((seed, k) => ({
      labels: { net, jpeg, seed },
      value: 0.875 - 0.125 * j * (i + 0.5) + 0.0625 * k,
    })),
  ),
);

test('lines are drawn against an axis of numbers, the least first, over runs as their mean with the range', () => {
  const lines = linesAgainst(damaged, { against: 'jpeg', over: ['seed'] });
  assert.deepEqual(lines.lines[0]!.points[0], {
    x: 5,
    value: 0.78125,
    low: 0.75,
    high: 0.8125,
    runs: 2,
  });
  const chart = linesChart(damaged, {
    value: 'test.auc',
    label: 'AUC on test',
    against: 'jpeg',
    over: ['seed'],
  });
  assertGolden(chart, golden('lines'));
  assert.deepEqual(told(chart), [
    'AUC on test by jpeg',
    'Lines: mean of 2 runs (seed); bands: least to greatest',
  ]);
  const one = models.map((item, i) => ({ ...item, confidence: 0.95, labels: { blur: `${i}` } }));
  assert.deepEqual(told(linesChart(one, { value: 'test.loss', label: 'Loss on test' })), [
    'Loss on test by blur',
    'Bands: 95 % intervals of each point',
  ]);
});

test('an axis that no line can be drawn against is refused', () => {
  const fails = (options: { against?: string; over: readonly string[] }, message: string) =>
    assert.throws(() => linesAgainst(damaged, options), new StageError(message));
  fails(
    { over: [] },
    'Expected one axis of numbers to draw against, got jpeg, seed: name it by "against".',
  );
  fails({ against: 'net', over: [] }, 'Expected numbers on the axis "net", got "small".');
  fails(
    { against: 'jpg', over: [] },
    'Expected an axis of the metrics in "against", got "jpg". Did you mean "jpeg"? There are net, jpeg, seed.',
  );
});

test('metrics that do not differ in two axes, and names that they lack, are refused', async () => {
  assert.throws(
    () => heatmapCells(models, {}),
    new StageError(
      'Expected metrics that differ in two axes, got net: name them by "rows" and "columns".',
    ),
  );
  assert.throws(
    () => heatmapCells(crossed, { rows: 'trian' }),
    new StageError(
      'Expected an axis of the metrics in "rows", got "trian". Did you mean "train"? There are train, test, seed.',
    ),
  );
  using bench = new StageBench();
  const path = join(bench.root, 'metrics.json');
  writeFileSync(
    path,
    JSON.stringify({
      splits: { test: { images: 4, auc: 0.5, loss: null, intervals: { auc: [0.25, 0.75] } } },
    }),
  );
  const fails = (value: string, message: string) =>
    assert.rejects(
      bench.run(spec, run, { inputs: { metrics: path }, with: { value } }),
      new StageError(message),
    );
  await fails(
    'test.acu',
    'Expected a number of the metrics in "value", got "test.acu". Did you mean "test.auc"? There are test.images, test.auc, test.loss.',
  );
  await fails(
    'test.loss',
    'Expected a number "test.loss" in the metrics, got null in all of them.',
  );
  await bench.run(spec, run, { inputs: { metrics: path } });
  assert.deepEqual(bench.warnings, []);
});
