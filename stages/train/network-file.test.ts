import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InferenceSession, Tensor } from '../../src/backend/packages/onnx-runtime.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { decodeImage } from '../../src/learning/vision/decode-image.ts';
import { openFeatures } from '../../src/learning/vision/features/features.ts';
import { normalizationTable, pixelsToFloats } from '../../src/learning/vision/pixels-to-floats.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { graphArtifacts, window, writeArtifacts } from '../../test/support/tfjs-models.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import embed from '../embed/run.ts';
import { spec as embedSpec } from '../embed/spec.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import exportModel from '../export/run.ts';
import { spec as exportSpec } from '../export/spec.ts';
import gradcam from '../gradcam/run.ts';
import { spec as gradcamSpec } from '../gradcam/spec.ts';
import saliency from '../saliency/run.ts';
import { spec as saliencySpec } from '../saliency/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'network-file-'));
after(() => rmSync(folder, { recursive: true }));
const dataset = join(folder, 'dataset');
const sizes = [
  { width: 48, height: 48 },
  { width: 61, height: 50 },
  { width: 52, height: 75 },
] as const;

/** A network for ages, as others publish them: three layers, whose classifier nobody here needs. */
const node = (name: string, op: string, input: readonly string[], attr: object = {}) => ({
  name,
  op,
  input,
  attr,
});
const files = writeArtifacts(
  join(folder, 'published'),
  graphArtifacts(
    [
      node('stem', 'Conv2D', ['image', 'stem/kernel'], window(2, 'SAME')),
      node('stem/add', 'AddV2', ['stem', 'stem/shift']),
      node('relu', 'Relu6', ['stem/add']),
      node('depthwise', 'DepthwiseConv2dNative', ['relu', 'depthwise/kernel'], window(2, 'SAME')),
      node('point', 'Conv2D', ['depthwise', 'point/kernel'], window(1, 'VALID')),
      node('point/relu', 'Relu', ['point']),
      node('pooled', 'Mean', ['point/relu', 'places']),
      node('age', 'MatMul', ['pooled', 'age/kernel']),
      node('gender', 'MatMul', ['pooled', 'gender/kernel']),
    ],
    {
      'stem/kernel': { shape: [5, 5, 3, 6] },
      'stem/shift': { shape: [6] },
      'depthwise/kernel': { shape: [3, 3, 6, 1] },
      'point/kernel': { shape: [1, 1, 6, 8] },
      places: { shape: [2], values: [1, 2], isInteger: true },
      'age/kernel': { shape: [8, 100] },
      'gender/kernel': { shape: [8, 1] },
    },
    { size: 40 },
  ),
);
const network = { network: files[0]!, shards: [files[1]!] };
const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
const common = { normalise, cut: 'pooled', batchSize: 4, epochs: 2, seed: 3 };
const native = { ...common, scale: 'native', crop: 32 };

async function trained(settings: object): Promise<StageBench> {
  const bench = new StageBench();
  await bench.run(spec, run, { inputs: { dataset, ...network }, with: settings });
  return bench;
}
let training: StageBench;
before(async () => {
  const ofIndex = (index: number) => sizes[index % sizes.length]!;
  await writeTintedDataset(dataset, { train: 12, val: 8, test: 6 }, ['real', 'fake'], ofIndex);
  training = await trained(native);
});
after(() => training[Symbol.dispose]());
const model = () => training.output('model');

/** The images of `test`, as the network sees them, with its scores. */
async function* wholeImages() {
  const { model: layers } = await loadModel(model());
  using opened = openDataset(dataset);
  const split = opened.split('test');
  const table = normalizationTable(normalise);
  for (const index of split.samples.keys()) {
    const { pixels, ...size } = await decodeImage(await split.read(index));
    const floats = new Float32Array(pixels.length);
    pixelsToFloats(pixels, table, floats);
    yield { size, floats, logits: await outputOf(layers, floats, size) };
  }
}

test('a tfjs graph model trains on crops, and scores whole images of every size', async () => {
  assert.equal(
    training.logs[0],
    'The network of model.json up to "pooled", then a head of 1 layers.',
  );
  using bench = new StageBench();
  const inputs = { model: model(), dataset };
  await bench.run(evaluateSpec, evaluate, { inputs, with: { splits: ['test'], draws: 20 } });
  const path = bench.output('scores', evaluateSpec.outputs['scores']);
  const parsed = parseScores(readFileSync(path, 'utf8'));
  assert.ok(parsed.ok);
  let index = 0;
  for await (const { logits } of wholeImages())
    assertClose(parsed.value.rows[index++]!.scores, [...logits], 1e-5);
  assert.equal(index, 6);
});

test('its export takes images of every size, and gives the same scores', async () => {
  using bench = new StageBench();
  const formats = ['onnx', 'safetensors'];
  await bench.run(exportSpec, exportModel, { inputs: { model: model() }, with: { formats } });
  const session = await InferenceSession.create(join(bench.output('files'), 'model.onnx'));
  for await (const { floats, size, logits } of wholeImages()) {
    const image = new Tensor('float32', floats, [1, size.height, size.width, 3]);
    const { logits: output } = await session.run({ image });
    assertClose(output!.data as Float32Array, [...logits], 1e-5);
  }
});

test('it is explained by the largest square that every image has', async () => {
  using maps = new StageBench();
  const few = { split: 'test', images: 3 };
  await maps.run(saliencySpec, saliency, { inputs: { model: model(), dataset }, with: few });
  assert.deepEqual(maps.infos, [
    'Of 4 of 6 images the middle 48 x 48 pixels are explained, the largest square that every image has.',
  ]);
  using cams = new StageBench();
  await cams.run(gradcamSpec, gradcam, {
    inputs: { models: [model()], datasets: [dataset] },
    with: few,
  });
});

test('with a frozen backbone only the head learns', async () => {
  using bench = await trained({ ...native, freeze: 'backbone' });
  assert.ok(bench.logs.includes('From epoch 1 on 18 of 576 parameters train.'));
});

test('BatchNorm is put back behind every convolution, trains, and is exported', async () => {
  using bench = await trained({ ...native, batchNorm: 'restored' });
  assert.equal(
    bench.logs[1],
    'BatchNorm is put back after 3 convolutions, with the statistics of 12 training images.',
  );
  const { model: layers } = await loadModel(bench.output('model'));
  const norms = layers.layers.filter(({ name }) => name.endsWith('.norm'));
  assert.deepEqual(
    norms.map(({ name }) => name),
    ['stem/add.norm', 'depthwise.norm', 'point.norm'],
  );
  using exporting = new StageBench();
  const model = bench.output('model');
  await exporting.run(exportSpec, exportModel, { inputs: { model }, with: { formats: ['onnx'] } });
});

test('embed takes features of its layers, pooled, of whole images', async () => {
  using bench = new StageBench();
  const layers = ['relu', 'point/relu'];
  const settings = { splits: ['test'], layers, pool: ['mean', 'deviation'] };
  await bench.run(embedSpec, embed, {
    inputs: { dataset, ...network },
    with: { ...settings, normalise, scale: 'native', crop: 32 },
  });
  const features = openFeatures(bench.output('features'));
  assert.equal(features.values, 2 * (6 + 8));
  assert.match(bench.logs.at(-1)!, /^28 values for each of 6 images, the output of relu and point/);
});

test('a published network takes the place of model, and brings its normalisation along', () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(
      spec.settings.parse({ pretrained: 'inception-v3-nsfwjs', ...settings }),
      new Set(['dataset', ...inputs]),
    ).map(({ at, message }) => [at.join('.'), message]);
  assert.deepEqual(check({ cut: 'mixed4', scale: 'native', crop: 192 }), []);
  assert.deepEqual(check({ model: 'resnet-18' }, 'weights'), [
    ['model', 'expected no "model", which the file of "pretrained" brings along'],
    ['', 'either `pretrained` or `weights`, got both'],
  ]);
  assert.deepEqual(check({ freeze: 'backbone', batchNorm: 'restored' }), [
    ['batchNorm', 'expected no "restored" with freeze: backbone, whose layers do not train'],
  ]);
});
