import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { parseHistory } from '../../src/learning/training/history.ts';
import { FeaturesWriter } from '../../src/learning/vision/features/features.ts';
import { Random } from '../../src/random.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const sources = ['real', 'swap', 'blend', 'unseen'];

/**
 * Features of real images and of forgeries by several methods, each a bump in one of four values.
 */
async function methods(
  folder: string,
  splits: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const info = {
    format: 1,
    classes: ['real', 'fake'],
    splits: Object.keys(splits),
    values: 4,
  } as const;
  const writer = new FeaturesWriter(folder, info);
  for (const [split, splitSources] of Object.entries(splits)) {
    const random = new Random(split);
    const samples = Array.from({ length: 60 }, (_, i) => {
      const source = splitSources[i % splitSources.length]!;
      const isReal = source === 'real';
      return {
        key: `${split}/${i}`,
        label: isReal ? 0 : 1,
        class: isReal ? 'real' : 'fake',
        source,
        path: `${split}/${i}.png`,
      };
    });
    const values = samples.flatMap(({ source }) =>
      sources.map((name) => random.normal() + (name === source ? 4 : 0)),
    );
    await writer.split(split, samples, one(Float32Array.from(values)));
  }
  writer.finish();
}

async function* one(values: Float32Array) {
  yield values;
}

test('with target: source a network learns the sources of train, and one that it never saw is unknown to it', async () => {
  using bench = new StageBench();
  const features = join(bench.root, 'methods');
  const seen = sources.slice(0, 3);
  await methods(features, { train: seen, val: seen, test: sources });
  const model = { layers: [{ dense: 3 }] };
  const settings = {
    target: 'source',
    model,
    epochs: 8,
    batchSize: 8,
    monitor: ['train', 'val', 'test'],
  };
  const optimizer = { kind: 'adam', learningRate: 0.05 };
  await bench.run(spec, run, { inputs: { features }, with: { ...settings, optimizer } });

  const history = parseHistory(
    readFileSync(bench.output('history', spec.outputs['history']), 'utf8'),
  );
  assert.ok(history.ok);
  assert.deepEqual(history.value.images!['test'], { real: 15, blend: 15, swap: 15 });
  assert.ok(history.value.epochs.at(-1)!.splits['test']!.accuracy > 0.8);
  const { info } = await loadModel(bench.output('model'));
  assert.deepEqual([info.classes, info.training['target']], [['real', 'blend', 'swap'], 'source']);

  using scoring = new StageBench();
  const inputs = { model: bench.output('model'), features };
  await scoring.run(evaluateSpec, evaluate, { inputs, with: { draws: 20 } });
  const metrics = JSON.parse(
    readFileSync(scoring.output('metrics', evaluateSpec.outputs['metrics']), 'utf8'),
  );
  const { images, openSet, detection } = metrics.splits.test;
  assert.deepEqual([images, openSet.unknown, openSet.labels], [45, 15, ['unseen']]);
  assert.deepEqual([detection.images, detection.real, detection.fake], [60, 15, 45]);
  assert.deepEqual(Object.keys(detection.sources).sort(), ['blend', 'swap', 'unseen']);
});

test('without target all classes are learned, and a list of layers must end with a value for each', async () => {
  using bench = new StageBench();
  const features = join(bench.root, 'methods');
  await methods(features, { train: sources.slice(0, 2), val: sources.slice(0, 2) });
  const fit = (settings: object) =>
    bench.run(spec, run, { inputs: { features }, with: { epochs: 1, ...settings } });
  await assert.rejects(fit({ model: { layers: [{ dense: 3 }] } }), {
    message: 'Expected layers that end with 2 values, for real, fake, but they end with 3.',
  });
  await fit({ model: { layers: [{ dense: 2 }] } });
  const { info } = await loadModel(bench.output('model'));
  assert.deepEqual([info.classes, 'target' in info.training], [['real', 'fake'], false]);
});
