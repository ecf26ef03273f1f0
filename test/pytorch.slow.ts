import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { totals } from '../src/learning/models/layers/net-facts.ts';
import { traceLayers } from '../src/learning/models/layers/trace-net.ts';
import { loadModel, loadNetwork } from '../src/learning/models/model-files.ts';
import { readModelInfo } from '../src/learning/models/model-info.ts';
import { outputOf } from '../src/learning/models/model-output.ts';
import { netOf } from '../src/learning/models/model-setting.ts';
import { openFeatures } from '../src/learning/vision/features/features.ts';
import embed from '../stages/embed/run.ts';
import { spec as embedSpec } from '../stages/embed/spec.ts';
import evaluate from '../stages/evaluate/run.ts';
import { spec as evaluateSpec } from '../stages/evaluate/spec.ts';
import load from '../stages/load-model/run.ts';
import { spec as loadSpec } from '../stages/load-model/spec.ts';
import train from '../stages/train/run.ts';
import { spec as trainSpec } from '../stages/train/spec.ts';
import { noPyTorch, writePyTorchFiles } from './support/pytorch.ts';
import { StageBench } from './support/stage-bench.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';

suite('models of PyTorch', { skip: noPyTorch ?? false }, () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pytorch-'));
    writePyTorchFiles(folder);
    await selectBackend('onnxruntime', { threads: 1 });
  });
  after(() => rmSync(folder, { recursive: true }));

  const file = (name: string) => join(folder, name);
  const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] };
  const classes = ['a', 'b', 'c'];

  function expected(name: string) {
    const { logits, parameters } = JSON.parse(readFileSync(file(`${name}.json`), 'utf8')) as {
      readonly logits: readonly (readonly number[])[];
      readonly parameters: number;
    };
    const bytes = readFileSync(file(`${name}.images`));
    return {
      logits: logits.flat(),
      parameters,
      images: new Float32Array(bytes.buffer.slice(bytes.byteOffset)),
    };
  }

  function assertClose(actual: ArrayLike<number>, wanted: readonly number[]): void {
    assert.equal(actual.length, wanted.length);
    for (const [i, value] of wanted.entries()) {
      assert.ok(Math.abs(actual[i]! - value) < 1e-4, `expected ${value} at ${i}, got ${actual[i]}`);
    }
  }

  for (const [name, settings] of [
    ['resnet', {}],
    ['vit', {}],
    ['dynamic', { imageSize: 16, classes: ['a', 'b'] }],
  ] as const) {
    test(`${name}.onnx computes what PyTorch does, for any number of images`, async () => {
      using bench = new StageBench();
      await bench.run(loadSpec, load, {
        inputs: { onnx: file(`${name}.onnx`) },
        with: { classes, normalise, ...settings },
      });
      const { model, info } = await loadNetwork(bench.output('model'), 2);
      const { logits, images } = expected(name);
      const output = await outputOf(model, images);
      assert.equal(info.onnx!.probabilities, name === 'vit');
      assertClose(name === 'vit' ? output.map(Math.exp) : output, logits);
    });
  }

  test('parameters are counted as in PyTorch, except BatchNorm, which its exporter folds into convolutions', async () => {
    using bench = new StageBench();
    const count = async (name: string) => {
      await bench.run(loadSpec, load, {
        inputs: { onnx: file(`${name}.onnx`) },
        with: { classes, normalise },
      });
      return readModelInfo(bench.output('model')).onnx!.parameters;
    };
    assert.equal(await count('vit'), expected('vit').parameters);
    // 20 BatchNorms of 4800 channels in all: their factors are folded into kernels, their summands
    // became biases.
    assert.equal(await count('resnet'), expected('resnet').parameters - 4800);
  });

  test('resnet-18 takes PyTorch’s weights, and computes what PyTorch does on images of 32 n + 1 pixels', async () => {
    using bench = new StageBench();
    const weights = file('resnet.safetensors');
    const settings = { model: 'resnet-18', imageSize: 65, classes, normalise };
    await bench.run(loadSpec, load, { inputs: { weights }, with: settings });
    assert.deepEqual(bench.warnings, []);
    const { logits, images, parameters } = expected('resnet');
    const { model } = await loadModel(bench.output('model'));
    assertClose(await outputOf(model, images), logits);
    const traced = traceLayers(netOf('resnet-18', 3).layers, [65, 65, 3]);
    assert.ok(traced.ok);
    assert.equal(totals(traced.value).learnable, parameters);
  });

  test('a model whose weights are in another file is refused, and the message names a weight', async () => {
    using bench = new StageBench();
    assert.ok(existsSync(file('apart.data')));
    await assert.rejects(
      bench.run(loadSpec, load, {
        inputs: { onnx: file('apart.onnx') },
        with: { imageSize: 16, normalise },
      }),
      {
        message:
          'Expected all weights in apart.onnx, but 0.weight is in another file: save it as one file.',
      },
    );
  });

  test('features up to a tensor do not depend on how many images there are, and a head trains on them', async () => {
    using bench = new StageBench();
    const dataset = join(bench.root, 'dataset');
    await writeTintedDataset(dataset, { train: 17, val: 6, test: 4 });
    const settings = { layer: '/3/Flatten_output_0', normalise, imageSize: 16, batchSize: 4 };
    const onnx = file('dynamic.onnx');
    await bench.run(embedSpec, embed, { inputs: { dataset, onnx }, with: settings });
    const features = openFeatures(bench.output('features'));
    assert.equal(features.values, 4);
    assert.equal(features.of!['architecture'], 'onnx');
    using more = new StageBench();
    const larger = join(more.root, 'dataset');
    await writeTintedDataset(larger, { train: 19, val: 6, test: 4 });
    await more.run(embedSpec, embed, { inputs: { dataset: larger, onnx }, with: settings });
    const rows = (of: StageBench) =>
      readFileSync(join(of.output('features'), 'train/features.npy')).subarray(128);
    assert.deepEqual(rows(more).subarray(0, 17 * 4 * 4), rows(bench));

    using training = new StageBench();
    const inputs = { features: bench.output('features') };
    const optimizer = { kind: 'adam', learningRate: 0.05 };
    const model = { layers: [{ dense: 2 }] };
    await training.run(trainSpec, train, {
      inputs,
      with: { model, epochs: 30, batchSize: 4, optimizer },
    });
    using scoring = new StageBench();
    await scoring.run(evaluateSpec, evaluate, {
      inputs: { model: training.output('model'), ...inputs },
      with: { splits: ['train'] },
    });
    const metrics = JSON.parse(
      readFileSync(scoring.output('metrics', evaluateSpec.outputs['metrics']), 'utf8'),
    );
    assert.ok(metrics.splits.train.accuracy > 0.9, `${metrics.splits.train.accuracy}`);

    await assert.rejects(
      bench.run(embedSpec, embed, {
        inputs: { dataset, onnx },
        with: { ...settings, layer: '/1/Relu_output_0' },
      }),
      {
        message:
          'Expected a tensor with a row of values for each image, but /1/Relu_output_0 has 4 x 14 x 14 of each image: name one after it in "layer".',
      },
    );
    await assert.rejects(
      bench.run(embedSpec, embed, {
        inputs: { dataset, onnx },
        with: { ...settings, layer: 'pool' },
      }),
      { message: /^Expected a tensor of dynamic.onnx, got "pool"\. / },
    );
  });
});
