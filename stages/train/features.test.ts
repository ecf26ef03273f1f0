import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from '../../src/backend/packages/onnx-runtime.ts';
import { parsePairs } from '../../src/learning/metrics/testing-scores.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { parseHistory } from '../../src/learning/training/history.ts';
import { openFeatures } from '../../src/learning/vision/features/features.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { writeFeatures } from '../../test/support/features-artifact.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import exportModel from '../export/run.ts';
import { spec as exportSpec } from '../export/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'stage-'));
const features = join(folder, 'features');
before(() => writeFeatures(features, { train: 40, val: 20, test: 10 }));
after(() => rmSync(folder, { recursive: true }));

const small = { batchSize: 8, epochs: 3, seed: 3, optimizer: { kind: 'adam', learningRate: 0.01 } };
const layers = [{ dense: 6 }, 'relu', { dropout: 0.2 }, { dense: 2 }];

async function trained(settings: object = {}): Promise<StageBench> {
  const bench = new StageBench();
  await bench.run(spec, run, { inputs: { features }, with: { ...small, ...settings } });
  return bench;
}

const weightsOf = (bench: StageBench) => readFileSync(join(bench.output('model'), 'weights.bin'));

test('a head that is written as layers learns from features, the same seed giving the same bytes', async () => {
  using first = await trained({ model: { layers } });
  using second = await trained({ model: { layers } });
  using other = await trained({ model: { layers }, seed: 4 });

  const history = parseHistory(
    readFileSync(first.output('history', spec.outputs['history']), 'utf8'),
  );
  assert.ok(history.ok);
  assert.ok(history.value.epochs.at(-1)!.splits['val']!.accuracy > 0.9);
  assert.deepEqual(weightsOf(second), weightsOf(first));
  assert.notDeepEqual(weightsOf(other), weightsOf(first));
  const { model, info } = await loadModel(first.output('model'));
  assert.deepEqual(model.inputs[0]!.shape, [null, 8]);
  assert.deepEqual(info.input, { values: 8, of: { layer: 'made up' } });
  assert.deepEqual([info.architecture, 'augment' in info.training], [{ layers }, false]);
});

test('of a named network only the head is trained', async () => {
  using bench = await trained({ model: 'xception-based', epochs: 1 });
  const { model } = await loadModel(bench.output('model'));
  assert.deepEqual(
    model.layers.map((layer) => layer.outputShape.slice(1)),
    [[8], [1000], [256], [64], [2]],
  );
});

test('a head scores features of the network that it was trained on, and refuses anything else', async () => {
  using head = await trained({ model: { layers } });
  const images = join(folder, 'images');
  const wider = join(folder, 'wider');
  const others = join(folder, 'others');
  await writeTintedDataset(images, { val: 2 });
  await writeFeatures(wider, { val: 2 }, { values: 9 });
  await writeFeatures(others, { val: 2 }, { of: { layer: 'another' } });
  const scored = async (inputs: object) => {
    const bench = new StageBench();
    await bench.run(evaluateSpec, evaluate, {
      inputs: { model: head.output('model'), ...inputs },
      with: { splits: ['val'] },
    });
    return bench;
  };

  using bench = await scored({ features });
  const scores = parsePairs(
    readFileSync(bench.output('scores', evaluateSpec.outputs['scores']), 'utf8'),
  );
  assert.ok(scores.ok);
  assert.deepEqual([scores.value.length, scores.value[1]!.key], [20, 'val/1']);
  assert.ok(
    scores.value.filter(({ label, negative, positive }) => (positive > negative ? 1 : 0) === label)
      .length > 18,
  );
  const message = (inputs: object) =>
    scored(inputs).then(
      () => '',
      (error: Error) => error.message,
    );
  assert.equal(
    await message({ dataset: images }),
    'The input of the model is 8 features: connect "features" in place of "dataset".',
  );
  assert.equal(
    await message({ features: wider }),
    'The input of the model is 8 features, got 9 of each image.',
  );
  assert.equal(
    await message({ features: others }),
    'The model was trained on features of layer "made up", here "another".',
  );
});

test('a frozen layer of a head keeps its random initial weights, with a warning', async () => {
  using frozen = await trained({ model: { layers }, freeze: ['dense1'] });
  using briefly = await trained({ model: { layers }, freeze: ['dense1'], epochs: 1 });
  const kernel = async (bench: StageBench, layer: string) => {
    const { model } = await loadModel(bench.output('model'));
    return model.getLayer(layer).getWeights()[0]!.dataSync();
  };

  assert.equal(
    frozen.warnings[0],
    'Frozen layers keep their random initial weights: a head on features has no others.',
  );
  assert.deepEqual(await kernel(frozen, 'dense1'), await kernel(briefly, 'dense1'));
  assert.notDeepEqual(await kernel(frozen, 'dense2'), await kernel(briefly, 'dense2'));
});

test('exactly one of the two inputs is expected, and settings of images do not apply to features', () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(inputs));
  const wrongInputs = (got: string) => [
    { at: [], message: `expected one of the inputs "dataset" and "features", got ${got}` },
  ];
  assert.deepEqual(check({}), wrongInputs('neither'));
  assert.deepEqual(check({}, 'dataset', 'features'), wrongInputs('both'));
  assert.deepEqual(
    evaluateSpec.check!(evaluateSpec.settings.parse({}), new Set(['model'])),
    wrongInputs('neither'),
  );
  assert.deepEqual(check({ model: { layers } }, 'features'), []);
  assert.deepEqual(check({ augment: { crop: 4, blur: {} }, imageSize: 256 }, 'features'), [
    {
      at: ['augment'],
      message: '"augment" does not apply to features, which were made of the images before',
    },
  ]);
});

test('a head that does not fit the features is refused with their number of values', async () => {
  await assert.rejects(
    trained({ model: { layers: [{ residual: [{ dense: 9 }] }, { dense: 2 }] } }),
    {
      name: 'StageError',
      message:
        'With features of 8 values: residual1 adds 9 values to its input of 8 values: give it a shortcut with the same output shape.',
    },
  );
});

test('features are centred, scaled to unit length or whitened by those of train alone, and evaluate does the same', async () => {
  const scaledLayers = ['centre', 'unit', 'whiten', { dense: 2 }];
  using bench = await trained({ model: { layers: scaledLayers }, epochs: 20 });
  const history = parseHistory(
    readFileSync(bench.output('history', spec.outputs['history']), 'utf8'),
  );
  assert.ok(history.ok);
  assert.ok(history.value.epochs.at(-1)!.splits['val']!.accuracy > 0.9);
  const { model } = await loadModel(bench.output('model'));
  const [mean] = model.getLayer('centre1').getWeights();
  const { features: rows } = openFeatures(features).split('train');
  const some = rows.slice(0, 3 * 8);
  const output = await outputOf(model, some);
  const expected = Array.from({ length: 8 }, (_, k) => {
    const column = rows.filter((_, i) => i % 8 === k);
    return column.reduce((sum, value) => sum + value, 0) / column.length;
  });
  assertClose([...mean!.dataSync()], expected, 1e-5);
  using scoring = new StageBench();
  const inputs = { model: bench.output('model'), features };
  await scoring.run(evaluateSpec, evaluate, { inputs, with: { splits: ['val'] } });
  const { accuracy } = history.value.epochs[history.value.chosenEpoch - 1]!.splits['val']!;
  const metrics = JSON.parse(
    readFileSync(scoring.output('metrics', evaluateSpec.outputs['metrics']), 'utf8'),
  ) as { readonly splits: { readonly val: { readonly accuracy: number } } };
  assert.equal(metrics.splits.val.accuracy, accuracy);

  using exported = new StageBench();
  await exported.run(exportSpec, exportModel, { inputs: { model: bench.output('model') } });
  const session = await InferenceSession.create(join(exported.output('files'), 'model.onnx'));
  const { logits } = await session.run({ features: new OrtTensor('float32', some, [3, 8]) });
  assertClose(logits!.data as Float32Array, [...output], 1e-4);
});

test('a scaling that is fitted is a mistake after other layers, and in a network of images', () => {
  const mistakes = (layers: readonly unknown[], port: string) =>
    spec.check!(spec.settings.parse({ model: { layers } }), new Set([port])).map(
      ({ at, message }) => `${at.join('.')}: ${message}`,
    );
  const message =
    'is fitted to features: it begins a network that is trained on the input "features"';
  assert.deepEqual(mistakes(['centre', 'unit', { dense: 2 }], 'features'), []);
  assert.deepEqual(mistakes([{ dense: 4 }, 'unit', 'whiten', { dense: 2 }], 'features'), [
    `model.layers.2: whiten1 ${message}`,
  ]);
  assert.deepEqual(mistakes(['globalAveragePool', 'unit', 'centre', { dense: 2 }], 'dataset'), [
    `model.layers.2: centre1 ${message}`,
  ]);
});
