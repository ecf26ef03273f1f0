import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderChart } from '../../../src/learning/charts/render-chart.ts';
import { groupOver } from '../../../src/learning/charts/series.ts';
import { formatHistory, type History } from '../../../src/learning/training/history.ts';
import { StageError } from '../../../src/stage.ts';
import { chartContent } from '../../../test/support/chart-content.ts';
import { assertGolden } from '../../../test/support/golden.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';
import { curvesChart, lossDomain } from './curves-chart.ts';
import type { Run } from './curves-data.ts';
import { testHistory, testRun } from './testing-histories.ts';

const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);

const chart = (
  runs: readonly Run[],
  over: readonly string[] = [],
  band: 'range' | 'deviation' = 'range',
  title?: string,
) => curvesChart(groupOver(runs, over), { splits: ['train', 'val'], over, band, title });

/** The title and the subtitle, each on one line. */
function told(...given: Parameters<typeof chart>): readonly string[] {
  const { title } = chartContent<{ title: { text: string[]; subtitle: string[] } }>(
    chart(...given),
  );
  return [title.text.join(' '), title.subtitle.join(' ')];
}

test('one run has a line for each split, accuracy above loss, the kept epoch marked', () => {
  assertGolden(chart([testRun({}, 3, 2)]), golden('one-run'));
});

test('a single epoch stands in the middle, on axes that are not degenerate', () => {
  const spec = JSON.stringify(chart([testRun({}, 1)]));
  assert.ok(spec.includes('"domain":[0,2]'));
  assert.ok(spec.includes('"domain":[0.525,0.625]'));
});

test('several runs have a panel for each split, and rings where each was kept', () => {
  assertGolden(
    chart([testRun({ net: 'a' }, 2), testRun({ net: 'b' }, 2, 1, 0.6)]),
    golden('two-runs'),
  );
});

test('runs over an axis become their mean and a band', () => {
  const runs = [testRun({ seed: '1' }, 2), testRun({ seed: '2' }, 2, 2, 0.65)];
  assertGolden(chart(runs, ['seed']), golden('band'));
  const { data } = chartContent<{
    data: { values: readonly object[] };
  }>(chart(runs, ['seed'], 'deviation'));
  assert.deepEqual(data.values[0], {
    series: 'train',
    split: 'train',
    measure: 'accuracy',
    epoch: 1,
    value: 0.65,
    low: 0.5792893,
    high: 0.7207107,
    runs: 2,
  });
});

/** A run whose splits have these numbers of images. */
const counted = (images: History['images'], epochs = 3): Run => ({
  labels: {},
  history: { ...testHistory(epochs), ...(images && { images }) },
});

test('the title says what is shown, the subtitle how to read the picture', () => {
  assert.deepEqual(told([testRun({ seed: '7' }, 3)]), [
    'Accuracy and loss by epoch, seed 7: 59.0 % on val',
    'The weights of epoch 3 of 3 were kept; accuracy then: train 70.0 %',
  ]);
  const named = told([testRun({}, 3)], [], 'range', 'Own');
  assert.deepEqual(named, [
    'Own',
    'The weights of epoch 3 of 3 were kept; accuracy then: train 70.0 % and val 59.0 %',
  ]);
  assert.equal(
    told([counted({ train: { real: 800, fake: 800 }, val: { real: 100, fake: 200 } })])[1],
    'The weights of epoch 3 of 3 were kept; accuracy then: train 70.0 %; 1,600 train and 300 val images; majority class: train 50.0 %, val 66.7 %',
  );
  const runs = [
    testRun({ set: 'faces', net: 'a', seed: '1' }, 2),
    testRun({ set: 'faces', net: 'a', seed: '2' }, 2, 2, 0.6),
    testRun({ set: 'faces', net: 'b', seed: '1' }, 2, 1),
    testRun({ set: 'faces', net: 'b', seed: '2' }, 3, 1),
  ];
  assert.deepEqual(told(runs), [
    'Accuracy and loss by epoch, set faces',
    '4 runs of up to 3 epochs; rings: the epochs that were kept',
  ]);
  assert.equal(
    told(runs, ['seed'])[1],
    'Lines: mean of 2 runs (seed); bands: least to greatest; rings: the epochs that were kept',
  );
});

test('many epochs are lines without points, with round ticks whose labels stand apart', () => {
  const spec = JSON.stringify(chart([testRun({}, 40)]));
  assert.ok(spec.includes('"values":[5,10,15,20,25,30,35,40]'));
  assert.ok(!spec.includes('"shape"'));
  assert.ok(JSON.stringify(chart([testRun({}, 120)])).includes('"values":[20,40,60,80,100,120]'));
});

test('every epoch of a short training has a tick', async (t) => {
  const folder = temporaryFolder(t);
  for (const epochs of [2, 3, 4, 7, 12]) {
    await renderChart(chart([testRun({}, epochs)]), folder, assert.fail);
    const svg = readFileSync(join(folder, 'chart.svg'), 'utf8');
    const upper = svg.slice(svg.indexOf('role-axis-label'), svg.indexOf('Loss (cross-entropy'));
    const labels = [...upper.matchAll(/text-anchor="middle"[^>]*>(\d+)</g)].map(([, label]) =>
      Number(label),
    );
    assert.deepEqual(
      labels.slice(0, epochs),
      Array.from({ length: epochs }, (_, index) => index + 1),
    );
  }
});

test('accuracies that hardly differ keep an axis a tenth wide, inside 0 to 1', () => {
  const perfect: History = {
    ...testHistory(1),
    splits: ['val'],
    epochs: [{ ...testHistory(1).epochs[0]!, splits: { val: { loss: 0, accuracy: 1 } } }],
  };
  const spec = JSON.stringify(chart([{ labels: {}, history: perfect }]));
  assert.deepEqual(
    [...new Set(spec.match(/"domain":\[[\d.,]+\],"nice":6/g))],
    ['"domain":[0.9,1],"nice":6', '"domain":[0,0.02],"nice":6'],
  );
});

test('losses fill their axis: it starts at zero only where that is near, and is never so narrow that noise looks big', () => {
  const domain = (low: number, high: number) =>
    lossDomain(low, high, [Math.LN2]).map((end) => +end.toFixed(4));
  assert.deepEqual(domain(0.5, 0.6), [0.495, 0.605]);
  assert.deepEqual(domain(0.1, 0.5), [0, 0.52]);
  assert.deepEqual(domain(0.5, 0.5), [0.49, 0.51]);
});

test('the loss of guessing is ruled where the losses come near it, and else left out', () => {
  assert.deepEqual(
    lossDomain(0.64, 0.69, [Math.LN2]).map((end) => +end.toFixed(4)),
    [0.6373, 0.6958],
  );
  const even = { real: 100, fake: 100 };
  assert.ok(JSON.stringify(chart([counted({ train: even, val: even })])).includes('"ln 2"'));
  const far = { ...testHistory(1), splits: ['val'], images: { val: even } };
  const epochs = [{ ...far.epochs[0]!, splits: { val: { loss: 0.3, accuracy: 0.9 } } }];
  assert.ok(!JSON.stringify(chart([{ labels: {}, history: { ...far, epochs } }])).includes('ln 2'));
});

test('the loss of guessing follows from the images of each split, and is not ruled where these are unknown', () => {
  const even = { real: 100, fake: 100 };
  const uneven = { real: 100, fake: 200 };
  const named = (run: Run) => JSON.stringify(chart([run])).match(/\["chance","[^"]*"\]/g);
  assert.deepEqual(named(counted({ train: uneven, val: uneven })), ['["chance","0.637"]']);
  assert.deepEqual(named(counted({ train: even, val: uneven })), [
    '["chance","val: 0.637"]',
    '["chance","train: ln 2"]',
  ]);
  const odd = { real: 749, fake: 750 };
  assert.deepEqual(
    named(counted({ train: odd, val: even })),
    ['["chance","ln 2"]'],
    'not one label over another',
  );
  assert.equal(named(testRun({}, 3)), null);
});

test('a file that is no history, an epoch that is not in it, and a split that no run has are refused', async () => {
  using bench = new StageBench();
  const input = join(bench.root, 'history.json');
  const history = { path: input, labels: { seed: '1' } };
  const fails = (message: string, settings = {}) =>
    assert.rejects(
      bench.run(spec, run, { inputs: { history }, with: settings }),
      new StageError(message),
    );
  writeFileSync(input, '{"epochs": 3}');
  await fails(
    'input "history" of seed=1: Expected a training history, but at splits: Invalid input: expected array, received undefined',
  );
  writeFileSync(input, formatHistory({ splits: ['val'], epochs: [], chosenEpoch: 0 }));
  await fails('input "history" of seed=1: expected at least one epoch, got none');
  writeFileSync(input, formatHistory(testHistory(2, 3)));
  await fails('input "history" of seed=1: expected the chosen epoch among the epochs, got 3');
  writeFileSync(input, formatHistory(testHistory(2)));
  await fails('Expected a split of the histories in "splits", got "test". There are train, val.', {
    splits: ['test'],
  });
});
