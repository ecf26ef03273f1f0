import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatHistory } from '../../src/learning/training/history.ts';
import { StageError } from '../../src/stage.ts';
import { writeFeatures } from '../../test/support/features-artifact.ts';
import { assertGolden, digestOf } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { componentsChart } from './features/components.ts';
import { testHistory } from './history/testing-histories.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);

test('the stage draws without any spec by the user, and the same history gives the same files', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'history.json');
  writeFileSync(input, formatHistory(testHistory(5)));
  const files = async () => {
    await bench.run(spec, run, { inputs: { history: input } });
    const folder = bench.output('chart');
    return readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]);
  };
  const first = await files();
  assert.deepEqual(
    first.map(([name]) => name),
    ['chart.png', 'chart.svg', 'chart.vl.json'],
  );
  assert.deepEqual(await files(), first);
  assert.deepEqual(bench.warnings, []);
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'history.json');
  writeFileSync(input, formatHistory(testHistory(2)));
  await bench.run(spec, run, { inputs: { history: input } });
  const digest = digestOf(join(bench.output('chart'), 'chart.vl.json'));
  assert.deepEqual({ version: spec.version, digest }, { version: 20, digest: '8d65d9bc0b44ed3b' });
});

test('features are points by their two principal components, the class by colour and shape', () => {
  const point = (key: string, name: string, first: number, second: number) => ({
    key,
    class: name,
    first,
    second,
  });
  const points = [point('val/0', 'real', -1, 0.5), point('val/1', 'fake', 2, -0.25)];
  const plane = { classes: ['real', 'fake'], values: 2048, shares: [0.61, 0.2], points };
  assertGolden(componentsChart(plane, 'Features'), golden('two-components'));
});

test('the first component separates the classes, and the chart says how much of the variance it has', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'features');
  await writeFeatures(input, { train: 2, val: 40 });
  await bench.run(spec, run, { inputs: { features: { path: input, labels: { seed: '2' } } } });

  const chart = JSON.parse(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8'));
  const rows: { readonly class: string; readonly first: number }[] =
    chart.data.values ?? chart.datasets?.features;
  assert.equal(rows.length, 40);
  const sides = new Set(rows.map((row) => `${row.class} ${row.first > 0}`));
  assert.equal(sides.size, 2);
  assert.match(chart.encoding.x.title, /^First component, [5-9]\d\.\d % of the variance$/);
  assert.equal(chart.title.text.join(' '), 'Features of val by two principal components, seed 2');
  await assert.rejects(
    bench.run(spec, run, { inputs: { features: input }, with: { split: 'dev' } }),
    {
      name: 'StageError',
      message: 'Expected one of the features\' splits, got "dev". There are train, val.',
    },
  );
});

test('a chart of one item refuses a list of two, and an empty list is nothing to draw', async () => {
  using bench = new StageBench();
  const features = [1, 2].map((seed) => ({ path: bench.root, labels: { seed: `${seed}` } }));
  await assert.rejects(
    bench.run(spec, run, { inputs: { features } }),
    new StageError(
      'The chart "components" draws one item of the input "features", got 2: select one, as in stage[axis=value].features, or give the stage the matrix.',
    ),
  );
  await assert.rejects(
    bench.run(spec, run),
    new StageError('Expected at least one artifact to draw, got an empty list.'),
  );
});

/** The places and messages of the mistakes in settings beside these inputs. */
const mistakes = (settings: object, ...inputs: string[]) =>
  spec.check!(spec.settings.parse(settings), new Set(inputs)).map(({ at, message }) => [
    at.join('.'),
    message,
  ]);

test('exactly one input is expected, and a chart of it', () => {
  assert.deepEqual(mistakes({}, 'history', 'features'), [
    [
      '',
      'expected one of the inputs "history", "features", "dataset", "scores", "metrics" and "table", got "history" and "features"',
    ],
  ]);
  assert.deepEqual(mistakes({}), [
    [
      '',
      'expected one of the inputs "history", "features", "dataset", "scores", "metrics" and "table", got none',
    ],
  ]);
  assert.deepEqual(mistakes({ chart: 'batch' }, 'history'), [
    ['chart', 'the chart "batch" draws the input "dataset"; charts of "history" are: curves'],
  ]);
  assert.deepEqual(mistakes({ chart: 'curves' }, 'dataset'), [
    [
      'chart',
      'the chart "curves" draws the input "history"; charts of "dataset" are: samples, batch, statistics, comparison',
    ],
  ]);
  assert.deepEqual(mistakes({}, 'features'), []);
  assert.deepEqual(mistakes({ chart: 'neighbours' }, 'features', 'dataset'), []);
  assert.deepEqual(mistakes({ chart: 'neighbours' }, 'features'), [
    ['', 'the chart "neighbours" also needs the input "dataset", which has the images'],
  ]);
});

test('a setting of another chart is a mistake with a place, and says whose it is', () => {
  assert.deepEqual(mistakes({ over: ['seed'] }, 'dataset'), [
    [
      'over',
      'the chart "samples" has no setting "over", which belongs to curves, confusion, lines; its own are splits, images, seed',
    ],
  ]);
  assert.deepEqual(mistakes({ chart: 'statistics', images: 4, title: 'Counts' }, 'dataset'), [
    [
      'images',
      'the chart "statistics" has no setting "images", which belongs to neighbours, samples, batch, comparison, label-errors; it has none but "title"',
    ],
  ]);
  assert.deepEqual(mistakes({}, 'table'), [['', 'the chart "free" needs the setting "spec"']]);
});

test('a band without runs to average, and one axis for both rows and columns, are refused', () => {
  assert.deepEqual(mistakes({ band: 'range' }, 'history'), [
    ['band', 'a band is drawn around the mean of runs: name the axes of the runs by "over"'],
  ]);
  assert.deepEqual(mistakes({ band: 'range', over: ['seed'] }, 'history'), []);
  assert.deepEqual(mistakes({ chart: 'heatmap', rows: 'seed', columns: 'seed' }, 'metrics'), [
    ['columns', 'expected another axis than that of "rows", got "seed" for both'],
  ]);
});

test('only the splits that the chart shows are part of the fingerprint', () => {
  const parts = (settings: object) => spec.inputs['dataset']!.parts!(spec.settings.parse(settings));
  assert.deepEqual(parts({ chart: 'batch' }), ['train']);
  assert.deepEqual(parts({ splits: ['val'] }), ['val']);
  assert.deepEqual(parts({ chart: 'comparison', split: 'test' }), ['test']);
  assert.equal(parts({}), undefined);
});
