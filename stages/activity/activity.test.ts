import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tensor } from '@tensorflow/tfjs';
import { csvRecords } from '../../src/csv.ts';
import { buildNet } from '../../src/learning/models/build-net.ts';
import { saveModel } from '../../src/learning/models/model-files.ts';
import { type ModelSetting, netOf } from '../../src/learning/models/model-setting.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { untrainedInfo } from '../../test/support/untrained-model.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const net: ModelSetting = {
  layers: [
    { conv: 2, kernel: 1, name: 'conv' },
    { activation: 'relu', name: 'relu1' },
    { globalAveragePool: true },
    { dense: 3, name: 'hidden' },
    { activation: 'relu', name: 'relu2' },
    { dense: 2, name: 'logits' },
  ],
};

/**
 * A network that sees how red an image is, and answers by that; with a `bias` far below 0 none of
 * its hidden units is ever active, and with `weight` 0 they count for nothing.
 */
async function writeNet(folder: string, { bias = 0, weight = 5 } = {}): Promise<string> {
  const model = buildNet(netOf(net), 16);
  model.setWeights([
    tensor([1, 0, -1, 0, 0, 1], [1, 1, 3, 2]),
    tensor([0, -100]), // the second channel is never active
    tensor([1, 2, -1, 0, 0, 0], [2, 3]),
    tensor([bias, bias, bias]),
    tensor([0, weight, 0, weight, 0, weight], [3, 2]),
    tensor([0, 0]),
  ]);
  await saveModel(folder, { model, info: untrainedInfo(net, 16) });
  return folder;
}

function rowsOf(bench: StageBench, port: 'table' | 'layers' | 'shares') {
  const [header, ...rows] = [
    ...csvRecords(readFileSync(bench.output(port, spec.outputs[port]), 'utf8')),
  ].map(({ fields }) => fields);
  return rows.map((row) => Object.fromEntries(row.map((field, i) => [header![i]!, field])));
}

test('a stuck network has one answer, a dead one a layer that is 0 on all images, and a living one neither', async () => {
  using bench = new StageBench();
  const dataset = join(bench.root, 'dataset');
  await writeTintedDataset(dataset, { train: 20 });
  const model = async (rate: string, seed: string, settings: object) => ({
    path: await writeNet(join(bench.root, `${rate}-${seed}`), settings),
    labels: { rate, seed },
  });
  const models = [
    await model('low', '1', {}),
    await model('low', '2', { weight: 0 }), // stuck, though its units are active
    await model('high', '1', { bias: -50 }), // dead, so also stuck
    await model('high', '2', { bias: -50 }),
  ];
  await bench.run(spec, run, { inputs: { models, dataset }, with: { over: ['seed'] } });

  assert.deepEqual(
    rowsOf(bench, 'table').map(({ rate, seed, stuck, dead, deadLayers }) =>
      [rate, seed, stuck, dead, deadLayers].join(' '),
    ),
    ['low 1 0 0 0', 'low 2 1 0 0', 'high 1 1 1 1', 'high 2 1 1 1'],
  );
  const [living, stuck] = rowsOf(bench, 'table');
  assert.ok(Number(living!['spread']) > 0.01);
  assert.equal(stuck!['spread'], '0');
  assert.ok(Math.abs(Number(stuck!['loss']) - Math.log(2)) < 1e-6);
  assert.ok(Math.abs(Number(stuck!['constantLoss']) - Math.log(2)) < 1e-12);
  assert.deepEqual(
    rowsOf(bench, 'layers').map(({ layer, units, deadUnits }) =>
      [layer, units, deadUnits].join(' '),
    ),
    [
      'relu1 2 1',
      'relu2 3 1',
      'relu1 2 1',
      'relu2 3 1',
      'relu1 2 1',
      'relu2 3 3',
      'relu1 2 1',
      'relu2 3 3',
    ],
  );
  assert.deepEqual(
    rowsOf(bench, 'shares').map(({ rate, trainings, stuck, dead }) =>
      [rate, trainings, stuck, dead].join(' '),
    ),
    ['low 2 1 0', 'high 2 2 2'],
  );
  const metrics = JSON.parse(
    readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'),
  );
  assert.deepEqual([metrics.trainings, metrics.stuck, metrics.dead], [4, 3, 2]);
  assert.equal(metrics.groups.high.stuckShare, 1);
  // 0.025 to the power of 1/2.
  assert.ok(Math.abs(metrics.groups.high.intervals.stuckShare[0] - 0.1581) < 1e-4);
  assert.deepEqual(bench.highlights[0]!.rows[1], [
    'high',
    '2 of 2, 100.0 %',
    '0.158–1',
    '2 of 2, 100.0 %',
    '0.158–1',
  ]);
});
