import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { InferenceSession, Tensor } from '../../src/backend/packages/onnx-runtime.ts';
import { methodDefaults } from '../../src/learning/attribution/methods.ts';
import { explainPictures } from '../../src/learning/explanations/explain-pictures.ts';
import { openImageModel } from '../../src/learning/explanations/image-model.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { decodeImage } from '../../src/learning/vision/decode-image.ts';
import { openFeatures } from '../../src/learning/vision/features/features.ts';
import {
  normalizationTable,
  pixelsToFloats,
  usualNormalization,
} from '../../src/learning/vision/pixels-to-floats.ts';
import { StageError } from '../../src/stage.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import embed from '../embed/run.ts';
import { spec as embedSpec } from '../embed/spec.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import exportModel from '../export/run.ts';
import { spec as exportSpec } from '../export/spec.ts';
import faithfulness from '../faithfulness/run.ts';
import { spec as faithfulnessSpec } from '../faithfulness/spec.ts';
import predict from '../predict/run.ts';
import { spec as predictSpec } from '../predict/spec.ts';
import saliency from '../saliency/run.ts';
import { spec as saliencySpec } from '../saliency/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'native-'));
after(() => rmSync(folder, { recursive: true }));
const dataset = join(folder, 'dataset');
const sizes = [
  { width: 48, height: 48 },
  { width: 48, height: 48 },
  { width: 61, height: 50 },
  { width: 52, height: 75 },
] as const;
const model = {
  layers: [
    { conv: 6, kernel: 5, stride: 2, padding: 'same' },
    { batchNorm: true },
    'relu',
    { maxPool: 3, stride: 2, padding: 'same' },
    { conv: 8 },
    'relu',
    'globalAveragePool',
    { dense: 2 },
  ],
} as const;
const settings = { model, scale: 'native', crop: 40, batchSize: 4, epochs: 2, seed: 3 };

const training = new StageBench();
after(() => training[Symbol.dispose]());
before(async () => {
  const ofIndex = (index: number) => sizes[index % sizes.length]!;
  await writeTintedDataset(dataset, { train: 12, val: 8, test: 8 }, ['real', 'fake'], ofIndex);
  await training.run(spec, run, { inputs: { dataset }, with: settings });
});
const trained = () => training.output('model');

/** Every image of `test` alone, as the network sees it, with the network's output. */
async function* wholeImages() {
  const { model: network } = await loadModel(trained());
  using opened = openDataset(dataset);
  const { samples, read } = opened.split('test');
  const table = normalizationTable(usualNormalization);
  for (const [index, sample] of samples.entries()) {
    const { pixels, ...size } = await decodeImage(await read.call(opened.split('test'), index));
    const floats = new Float32Array(pixels.length);
    pixelsToFloats(pixels, table, floats);
    yield { sample, size, floats, logits: await outputOf(network, floats, size) };
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('a model of crops says so, and its description has the largest image that it sees whole', async () => {
  const { info, model: network } = await loadModel(trained());
  assert.deepEqual(info.input, {
    size: 40,
    fit: 'cover',
    kernel: 'linear',
    normalise: usualNormalization,
    scale: 'native',
    largest: 1024,
  });
  assert.deepEqual(network.inputs[0]!.shape, [null, 40, 40, 3]);
});

test('the same seed gives the same bytes', async () => {
  using again = new StageBench();
  await again.run(spec, run, { inputs: { dataset }, with: settings });
  const weights = (bench: StageBench) => readFileSync(join(bench.output('model'), 'weights.bin'));
  assert.deepEqual(weights(again), weights(training));
});

test('evaluate scores whole images of every size, in the order of the data set', async () => {
  using bench = new StageBench();
  const inputs = { model: trained(), dataset };
  await bench.run(evaluateSpec, evaluate, { inputs, with: { splits: ['test'] } });
  const parsed = parseScores(
    readFileSync(bench.output('scores', evaluateSpec.outputs['scores']), 'utf8'),
  );
  assert.ok(parsed.ok);
  const expected = await all(wholeImages());
  assert.deepEqual(
    parsed.value.rows.map(({ key }) => key),
    expected.map(({ sample }) => sample.key),
  );
  for (const [i, { logits }] of expected.entries())
    assertClose(parsed.value.rows[i]!.scores, [...logits], 1e-5);
});

test('predict gives files the scores that evaluate gives them, and leaves out those smaller than a crop', async () => {
  const images = join(folder, 'images');
  using opened = openDataset(dataset);
  const expected = await all(wholeImages());
  for (const [index, { sample }] of expected.entries()) {
    const path = join(images, sample.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await opened.split('test').read(index));
  }
  const small = join(folder, 'small');
  await writeTintedDataset(small, { test: 1 }, undefined, () => ({ width: 30, height: 64 }));
  using tiny = openDataset(small);
  writeFileSync(join(images, 'tiny.png'), await tiny.split('test').read(0));
  using bench = new StageBench();
  await bench.run(predictSpec, predict, { inputs: { model: trained(), images } });
  const parsed = parseScores(
    readFileSync(bench.output('scores', predictSpec.outputs['scores']), 'utf8'),
    { needsLabels: false },
  );
  assert.ok(parsed.ok);
  const scores = new Map(parsed.value.rows.map((row) => [row.key, row.scores]));
  assert.equal(scores.size, expected.length);
  for (const { sample, logits } of expected)
    assertClose(scores.get(sample.key)!, [...logits], 1e-5);
  assert.deepEqual(bench.warnings, [
    'Left out 1 of 9 images, which are smaller than 40: tiny.png.',
  ]);
});

test('embed takes features of whole images, by the description of the model', async () => {
  using bench = new StageBench();
  const inputs = { model: trained(), dataset };
  await bench.run(embedSpec, embed, { inputs, with: { splits: ['test'] } });
  const features = openFeatures(bench.output('features'));
  assert.equal(features.values, 8);
  const [kernel, bias] = (await loadModel(trained())).model
    .getLayer('dense1')
    .getWeights()
    .map((weight) => weight.dataSync());
  const { features: values } = features.split('test');
  let index = 0;
  for await (const { logits } of wholeImages()) {
    const row = values.subarray(8 * index, 8 * (index + 1));
    const fromFeatures = [0, 1].map((c) =>
      row.reduce((sum, value, i) => sum + value * kernel![2 * i + c]!, bias![c]!),
    );
    assertClose(fromFeatures, [...logits], 1e-5);
    index++;
  }
});

test('the exported ONNX file takes images of any size and gives the same scores', async () => {
  using bench = new StageBench();
  await bench.run(exportSpec, exportModel, { inputs: { model: trained() } });
  const file = join(bench.output('files'), 'model.onnx');
  const session = await InferenceSession.create(file);
  for await (const { floats, size, logits } of wholeImages()) {
    const image = new Tensor('float32', floats, [1, size.height, size.width, 3]);
    const { logits: output } = await session.run({ image });
    assertClose(output!.data as Float32Array, [...logits], 1e-4);
  }
});

test('maps explain the largest square that every image has, and the run says what that leaves out', async () => {
  using bench = new StageBench();
  await bench.run(saliencySpec, saliency, {
    inputs: { model: trained(), dataset },
    with: { split: 'test', method: 'gradient' },
  });
  assert.deepEqual(bench.infos, [
    'Of 4 of 8 images the middle 48 x 48 pixels are explained, the largest square that every image has.',
  ]);
});

test('faithfulness measures maps of these squares', async () => {
  using bench = new StageBench();
  await bench.run(faithfulnessSpec, faithfulness, {
    inputs: { model: trained(), dataset },
    with: {
      split: 'test',
      method: ['gradient', 'grad-cam'],
      images: 4,
      curveSteps: 4,
      draws: 100,
    },
  });
  assert.deepEqual(bench.infos, [
    'Of 4 of 8 images the middle 48 x 48 pixels are explained, the largest square that every image has.',
  ]);
  assert.ok(existsSync(bench.output('table', faithfulnessSpec.outputs['table'])));
});

test('pictures of explain-image are explained together, by the largest square that all of them have', async () => {
  using opened = openDataset(dataset);
  const pictures = await Promise.all(
    [2, 3].map(async (index) => ({
      name: `${index}.png`,
      bytes: await opened.split('test').read(index),
    })),
  );
  const explained = await explainPictures(await openImageModel(trained()), pictures, {
    ...methodDefaults,
    methods: ['gradient', 'grad-cam'],
    class: 'predicted',
    score: 'score',
    seed: 7,
    batchSize: 2,
  });
  for (const { seen, maps } of explained.pictures) {
    assert.deepEqual([seen.width, seen.height], [50, 50]);
    assert.deepEqual([maps[0]!.width, maps[1]!.width], [50, 11]);
  }
});

test('an image smaller than the crop ends the stage before training', async () => {
  using bench = new StageBench();
  await assert.rejects(
    bench.run(spec, run, { inputs: { dataset }, with: { ...settings, crop: 50 } }),
    new StageError(
      'Expected images of at least 50 x 50 pixels for crops at native scale, got 48 x 48: train/0.png, and 9 more. Choose a smaller crop.',
    ),
  );
});
