import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadModel } from '../../src/models/model-files.ts';
import { StageBench } from '../../test/stage-bench.ts';
import { writeTintedDataset } from '../../test/tinted-dataset.ts';
import run from './run.ts';
import { spec } from './spec.ts';

test('both forms of Xception train, at a size of their own', async () => {
  for (const [model, imageSize] of [
    ['xception', 71],
    ['xception-based', 96],
  ] as const) {
    using bench = new StageBench();
    const dataset = join(bench.root, 'dataset');
    await writeTintedDataset(dataset, { train: 16, val: 8 });
    const settings = { model, imageSize, batchSize: 8, epochs: 1, augment: { crop: 2 } };
    await bench.run(spec, run, { inputs: { dataset }, with: settings });

    const { model: trained, info } = await loadModel(bench.output('model'));
    assert.equal(info.architecture, model);
    assert.equal(trained.getLayer('avg_pool').outputShape.toString(), ',2048');
    assert.deepEqual(trained.outputs[0]!.shape, [null, 2]);
    trained.dispose();
  }
});
