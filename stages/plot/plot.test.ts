import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../src/stage.ts';
import { formatHistory, type History } from '../../src/training/history.ts';
import { writeFeatures } from '../../test/features-artifact.ts';
import { assertGolden, digestOf } from '../../test/golden.ts';
import { StageBench } from '../../test/stage-bench.ts';
import { historyChart } from './chart.ts';
import { featuresChart } from './features-chart.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const history = (epochs: number, chosenEpoch = epochs): History => ({
  splits: ['train', 'val'],
  chosenEpoch,
  epochs: Array.from({ length: epochs }, (_, index) => ({
    epoch: index + 1,
    learningRate: 0.001,
    running: { loss: 0.7, accuracy: 0.5 },
    splits: {
      train: { loss: 0.65 - 0.05 * index, accuracy: 0.6 + 0.05 * index },
      val: { loss: 0.68 - 0.02 * index, accuracy: 0.55 + 0.02 * index },
    },
  })),
});

const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);

test('accuracy and loss of every split stand side by side, the kept epoch marked', () => {
  assertGolden(historyChart(history(3, 2)), golden('three-epochs'));
});

test('a single epoch stands in the middle, on axes that are not degenerate', () => {
  assertGolden(historyChart(history(1), 'One epoch'), golden('one-epoch'));
});

test('many epochs are lines without points, with round ticks', () => {
  const { hconcat } = historyChart(history(40)) as unknown as {
    hconcat: [{ layer: [unknown, unknown, { mark: unknown; encoding: { x: { axis: { values: number[] } } } }] }];
  };
  const [, , line] = hconcat[0].layer;
  assert.deepEqual(line.mark, { type: 'line', point: false });
  assert.deepEqual(line.encoding.x.axis.values, [5, 10, 15, 20, 25, 30, 35, 40]);
});

test('accuracies that hardly differ keep an axis a tenth wide, inside 0 to 1', () => {
  const perfect: History = {
    ...history(1),
    splits: ['val'],
    epochs: [{ ...history(1).epochs[0]!, splits: { val: { loss: 0, accuracy: 1 } } }],
  };
  const domains = JSON.stringify(historyChart(perfect)).match(/"domain":\[[\d.,]+\],"nice":6/g);
  assert.deepEqual(domains, ['"domain":[0.9,1],"nice":6', '"domain":[0,0.02],"nice":6']);
});

/** The domain of the loss's axis, where the losses of `val` are these. */
function lossDomain(...losses: readonly number[]): readonly number[] {
  const epochs = losses.map((loss, index) => ({
    ...history(1).epochs[0]!,
    epoch: index + 1,
    splits: { val: { loss, accuracy: 0.5 } },
  }));
  const chart = JSON.stringify(historyChart({ splits: ['val'], chosenEpoch: 1, epochs }));
  return JSON.parse(chart.match(/"domain":(\[[\d.,]+\]),"nice":6/g)![1]!.slice(9, -9)).map(
    (end: number) => +end.toFixed(4),
  );
}

test('losses fill their axis: it starts at zero only where that is near, and is never so narrow that noise looks big', () => {
  assert.deepEqual(lossDomain(0.5, 0.6), [0.495, 0.605]);
  assert.deepEqual(lossDomain(0.5, 0.1), [0, 0.52]);
  assert.deepEqual(lossDomain(0.5), [0.49, 0.51]);
});

test('the loss of guessing is ruled where the losses come near it, and else left out', () => {
  assert.deepEqual(lossDomain(0.64, 0.69), [0.6373, 0.6958]);
  assert.ok(JSON.stringify(historyChart(history(3))).includes('"chance, ln 2"'));
  const far: History = {
    ...history(1),
    splits: ['val'],
    epochs: [{ ...history(1).epochs[0]!, splits: { val: { loss: 0.3, accuracy: 0.9 } } }],
  };
  assert.ok(!JSON.stringify(historyChart(far)).includes('ln 2'));
});

test('the ticks of 120 epochs are so few that their labels stand apart', () => {
  const ticks = JSON.stringify(historyChart(history(120))).match(/"values":\[(20[\d,]+)\]/)?.[1];
  assert.equal(ticks, '20,40,60,80,100,120');
});

test('a long title is wrapped into the width of the chart, and a default one says which instance of a matrix it is', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'history.json');
  writeFileSync(input, formatHistory(history(2)));
  const draw = async (title?: string) => {
    const artifact = { path: input, labels: { seed: '2', net: 'xception' } };
    await bench.run(spec, run, { with: title === undefined ? {} : { title }, inputs: { history: artifact } });
    const width = Number(/width="([\d.]+)"/.exec(readFileSync(join(bench.output('chart'), 'chart.svg'), 'utf8'))![1]);
    const { text } = JSON.parse(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8')).title;
    return { width, text };
  };
  const usual = await draw();
  assert.deepEqual(usual.text, ['Accuracy and loss after each epoch, seed 2, net xception']);
  const long = await draw('a long title '.repeat(20));
  assert.equal(long.width, usual.width);
  assert.equal(long.text.length, 3);
});

test('the same history gives the same chart, byte for byte', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'history.json');
  writeFileSync(input, formatHistory(history(5)));
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
  writeFileSync(input, formatHistory(history(2)));
  await bench.run(spec, run, { inputs: { history: input } });
  const digest = digestOf(join(bench.output('chart'), 'chart.vl.json'));
  assert.deepEqual({ version: spec.version, digest }, { version: 2, digest: 'c2cdf0eda14f1945' });
});

test('a file that is no history is the user’s mistake', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'history.json');
  writeFileSync(input, '{"epochs": 3}');
  await assert.rejects(
    bench.run(spec, run, { inputs: { history: input } }),
    new StageError(
      'input "history": Expected a training history, but at splits: Invalid input: expected array, received undefined',
    ),
  );
  writeFileSync(input, formatHistory({ splits: ['val'], epochs: [], chosenEpoch: 0 }));
  await assert.rejects(
    bench.run(spec, run, { inputs: { history: input } }),
    new StageError('input "history": expected at least one epoch, got none'),
  );
});

test('features are points by their two principal components, the class by colour and shape', () => {
  const point = (key: string, name: string, first: number, second: number) => ({ key, class: name, first, second });
  const points = [point('val/0', 'real', -1, 0.5), point('val/1', 'fake', 2, -0.25)];
  const plane = { split: 'val', classes: ['real', 'fake'], values: 2048, shares: [0.61, 0.2], points };
  assertGolden(featuresChart(plane), golden('two-components'));
});

test('what tells the classes apart is the first component, and the chart says how much of the variance it has', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'features');
  await writeFeatures(input, { train: 2, val: 40 });
  await bench.run(spec, run, { inputs: { features: { path: input, labels: { seed: '2' } } } });

  const chart = JSON.parse(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8'));
  const rows: { readonly class: string; readonly first: number }[] = chart.data.values ?? chart.datasets?.features;
  assert.equal(rows.length, 40);
  const sides = new Set(rows.map((row) => `${row.class} ${row.first > 0}`));
  assert.equal(sides.size, 2);
  assert.match(chart.encoding.x.title, /^First component, [5-9]\d\.\d % of the variance$/);
  assert.deepEqual(chart.title.text, ['Features of val, seed 2']);
  await assert.rejects(bench.run(spec, run, { inputs: { features: input }, with: { split: 'dev' } }), {
    name: 'StageError',
    message: 'Expected one of the features\' splits (train, val), got "dev".',
  });
});

test('one of the two inputs is wanted', () => {
  const check = (...inputs: string[]) =>
    spec.check!(spec.settings.parse({}), new Set(inputs)).map(({ message }) => message);
  assert.deepEqual(check('history', 'features'), ['expected one of the inputs "history" and "features", got both']);
  assert.deepEqual(check('features'), []);
});
