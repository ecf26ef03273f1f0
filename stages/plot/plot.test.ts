import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../src/stage.ts';
import { formatHistory, type History } from '../../src/training/history.ts';
import { assertGolden, digestOf } from '../../test/golden.ts';
import { StageBench } from '../../test/stage-bench.ts';
import { historyChart } from './chart.ts';
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
  assert.deepEqual(domains, ['"domain":[0.9,1],"nice":6', '"domain":[0,1],"nice":6']);
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
  assert.deepEqual({ version: spec.version, digest }, { version: 1, digest: '693c0a49ae08713c' });
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
