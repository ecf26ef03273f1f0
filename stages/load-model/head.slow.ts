import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { countParameters } from '../../src/learning/models/count-parameters.ts';
import type { LayerItem } from '../../src/learning/models/layers/layer-items.ts';
import { readModelInfo } from '../../src/learning/models/model-info.ts';
import { describeModel } from '../../src/project/models/describe-model.ts';
import { StageError } from '../../src/stage.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { type BenchInputs, StageBench } from '../../test/support/stage-bench.ts';
import { dataset } from '../../test/support/training-bench.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import embed from '../embed/run.ts';
import { spec as embedSpec } from '../embed/spec.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import exportModel from '../export/run.ts';
import { spec as exportSpec } from '../export/spec.ts';
import faithfulness from '../faithfulness/run.ts';
import { spec as faithfulnessSpec } from '../faithfulness/spec.ts';
import gradcam from '../gradcam/run.ts';
import { spec as gradcamSpec } from '../gradcam/spec.ts';
import linear from '../linear/run.ts';
import { spec as linearSpec } from '../linear/spec.ts';
import predict from '../predict/run.ts';
import { spec as predictSpec } from '../predict/spec.ts';
import saliency from '../saliency/run.ts';
import { spec as saliencySpec } from '../saliency/spec.ts';
import train from '../train/run.ts';
import { spec as trainSpec } from '../train/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'head-'));
const network = join(folder, 'network');
const onnx = join(folder, 'onnx');
const photographs = join(folder, 'photographs');
const imageSize = 24;
const normalise = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };
const layers: LayerItem[] = [
  { conv: 6, stride: 2, padding: 'same', name: 'stem' },
  { batchNorm: true, name: 'norm' },
  'relu',
  { residual: [{ separableConv: 6, padding: 'same' }, { activation: 'swish' }] },
  'globalAveragePool',
  { dense: 5, name: 'classifier' },
];
const headLayers = ['centre', 'unit', { dense: 4 }, 'relu', { dropout: 0.2 }, { dense: 2 }];

before(async () => {
  const classes = ['a', 'b', 'c', 'd', 'e'];
  await writeUntrainedModel(network, { net: { layers }, imageSize, classes });
  using bench = new StageBench();
  const settings = { formats: ['onnx'], layout: 'NCHW' };
  await bench.run(exportSpec, exportModel, { inputs: { model: network }, with: settings });
  cpSync(bench.output('files'), onnx, { recursive: true });
  mkdirSync(photographs);
  const grey = { width: 30, height: 30, channels: 3, background: '#777' } as const;
  await sharp({ create: grey }).png().toFile(join(photographs, 'grey.png'));
});
after(() => rmSync(folder, { recursive: true }));

interface Joined extends Disposable {
  readonly features: string;
  readonly head: string;
  /** The model of the network and the head. */
  readonly model: string;
}

/** A head on the features of a network, and the two as one model. */
async function joined(
  from: { readonly inputs?: object; readonly with?: object },
  loading: { readonly inputs?: object; readonly with?: object },
  head: object = { model: { layers: headLayers }, epochs: 2 },
): Promise<Joined> {
  const seen = new StageBench();
  const inputs = { dataset, ...from.inputs };
  await seen.run(embedSpec, embed, { inputs, with: from.with ?? {} });
  const features = seen.output('features');
  const fitted = new StageBench();
  await fitted.run(trainSpec, train, { inputs: { features }, with: { batchSize: 8, ...head } });
  const whole = new StageBench();
  const given = { head: fitted.output('model'), ...loading.inputs };
  await whole.run(spec, run, { inputs: given, with: loading.with ?? {} });
  assert.deepEqual(whole.warnings, []);
  return {
    features,
    head: fitted.output('model'),
    model: whole.output('model'),
    [Symbol.dispose]() {
      for (const bench of [seen, fitted, whole]) bench[Symbol.dispose]();
    },
  };
}

async function scoresOf(inputs: BenchInputs): Promise<readonly number[]> {
  using bench = new StageBench();
  await bench.run(evaluateSpec, evaluate, {
    inputs,
    with: { splits: ['test'], draws: 20 },
  });
  const path = bench.output('scores', evaluateSpec.outputs['scores']);
  const parsed = parseScores(readFileSync(path, 'utf8'));
  assert.ok(parsed.ok);
  return parsed.value.rows.flatMap(({ scores }) => [...scores]);
}

/** The whole model must score images as the head scores their features. */
async function assertSameScores({ features, head, model }: Joined): Promise<void> {
  assertClose(await scoresOf({ model, dataset }), await scoresOf({ model: head, features }), 1e-5);
}

/** Everything that takes a model of images. */
async function assertWhole(model: string): Promise<void> {
  const few = { split: 'test', images: 4 };
  using scored = new StageBench();
  await scored.run(predictSpec, predict, { inputs: { model, images: photographs } });
  using maps = new StageBench();
  await maps.run(saliencySpec, saliency, { inputs: { model, dataset }, with: few });
  await maps.run(gradcamSpec, gradcam, {
    inputs: { models: [model], datasets: [dataset] },
    with: few,
  });
  using judged = new StageBench();
  await judged.run(faithfulnessSpec, faithfulness, {
    inputs: { model, dataset },
    with: { ...few, method: ['gradient', 'grad-cam'], curveSteps: 4, draws: 100, randomise: true },
  });
  assert.ok(existsSync(judged.output('metrics', faithfulnessSpec.outputs['metrics'])));
  using written = new StageBench();
  const formats = ['onnx', 'safetensors', 'tfjs'];
  await written.run(exportSpec, exportModel, { inputs: { model }, with: { formats } });
  using again = new StageBench();
  const file = join(written.output('files'), 'model.onnx');
  await again.run(spec, run, { inputs: { onnx: file }, with: {} });
  assertClose(
    await scoresOf({ model: again.output('model'), dataset }),
    await scoresOf({ model, dataset }),
    1e-5,
  );
}

test('a head on the features of an ONNX file and that file are one model, which scores, explains itself and is exported', async () => {
  const file = join(onnx, 'model.onnx');
  using whole = await joined(
    { inputs: { onnx: file }, with: { layer: 'globalAveragePool1', normalise } },
    { inputs: { onnx: file } },
  );
  await assertSameScores(whole);
  await assertWhole(whole.model);
  const { architecture, input, classes } = readModelInfo(whole.model);
  assert.ok(typeof architecture === 'object' && 'onnx' in architecture);
  assert.deepEqual([architecture.cut, architecture.head], ['globalAveragePool1', headLayers]);
  assert.deepEqual([classes, 'size' in input && input.normalise], [['real', 'fake'], normalise]);
});

test('a tensor of an ONNX file that is a map of one pixel serves as features, too', async () => {
  const file = join(onnx, 'model.onnx');
  using whole = await joined(
    { inputs: { onnx: file }, with: { layer: 'globalAveragePool1/mean', normalise } },
    { inputs: { onnx: file } },
  );
  await assertSameScores(whole);
});

test('a head on the pooled features of several layers and their network are one model, wherever the network is', async () => {
  const file = join(onnx, 'model.onnx');
  const places = ['stem', 'sepconv1', 'residual1_add', 'globalAveragePool1'];
  const pooled = { layers: places, pool: ['mean', 'deviation'] };
  using ofModel = await joined(
    { inputs: { model: network }, with: pooled },
    { inputs: { weights: network } },
  );
  await assertSameScores(ofModel);
  await assertWhole(ofModel.model);
  const info = readModelInfo(ofModel.model);
  assert.ok(typeof info.architecture === 'object' && 'onnx' in info.architecture);
  assert.deepEqual(info.architecture.head, headLayers);
  assert.deepEqual(info.classes, ['real', 'fake']);

  using ofFile = await joined(
    {
      inputs: { network: file },
      with: { ...pooled, layers: places.with(1, 'sepconv1/swish'), normalise },
    },
    { inputs: { network: file } },
  );
  await assertSameScores(ofFile);

  const named = { model: { layers: layers.slice(0, -1) }, imageSize, seed: 3 };
  using ofName = await joined(
    { with: { ...named, layers: ['stem', 'residual1_add'] } },
    { with: { seed: 3 } },
  );
  await assertSameScores(ofName);
  await assert.rejects(
    joined({ with: { ...named, ...pooled } }, { with: { seed: 4 } }),
    new StageError(
      'Expected the network that the features of the head came from, but its weights up to stem, sepconv1, residual1_add and globalAveragePool1 are others.',
    ),
  );

  using again = await joined(
    {
      inputs: { model: ofModel.model },
      with: { ...pooled, layers: ['stem', 'sepconv1/swish', 'residual1_add'] },
    },
    { inputs: { weights: ofModel.model } },
  );
  await assertSameScores(again);
});

test('a head on the features of a trained model and that model are one, whatever the model began as', async () => {
  using listed = await joined({ inputs: { model: network } }, { inputs: { weights: network } });
  await assertSameScores(listed);
  await assertWhole(listed.model);
  const info = readModelInfo(listed.model);
  assert.deepEqual(info.architecture, { layers: [...layers.slice(0, -1), ...headLayers] });
  assert.equal(
    countParameters(listed.model, info),
    countParameters(listed.head, readModelInfo(listed.head)),
  );

  using loaded = new StageBench();
  const classes = ['a', 'b', 'c', 'd', 'e'];
  const inputs = { onnx: join(onnx, 'model.onnx') };
  await loaded.run(spec, run, { inputs, with: { classes, normalise } });
  const ofFile = loaded.output('model');
  using fromFile = await joined({ inputs: { model: ofFile } }, { inputs: { weights: ofFile } });
  await assertSameScores(fromFile);

  using trained = new StageBench();
  const ownHead = [
    { dense: 6, name: 'mixed' },
    { dense: 2, name: 'end' },
  ];
  const short = { normalise, batchSize: 8, epochs: 1, head: ownHead };
  await trained.run(trainSpec, train, { inputs: { dataset, ...inputs }, with: short });
  const tuned = trained.output('model');
  for (const layer of ['globalAveragePool1', 'mixed']) {
    using graph = await joined(
      { inputs: { model: tuned }, with: { layer } },
      { inputs: { weights: tuned } },
    );
    await assertSameScores(graph);
  }
});

test('the whole model is listed with its fitted scaling, and its exported weights fit its layers again', async () => {
  using whole = await joined({ inputs: { model: network } }, { inputs: { weights: network } });
  const lookup = { folder, set: [], onWarning: () => {} };
  const { layers: rows } = await describeModel([whole.model], lookup);
  assert.deepEqual(rows.map(({ name }) => name).slice(-6), [
    'globalAveragePool1',
    'centre1',
    'unit1',
    'dense1',
    'dropout1',
    'dense2',
  ]);
  using written = new StageBench();
  const formats = ['safetensors'];
  await written.run(exportSpec, exportModel, { inputs: { model: whole.model }, with: { formats } });
  using again = new StageBench();
  const { architecture: model } = readModelInfo(whole.model);
  const settings = { model, imageSize, normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] } };
  assert.deepEqual(spec.check!(spec.settings.parse(settings), new Set(['weights'])), []);
  await again.run(spec, run, { inputs: { weights: written.output('files') }, with: settings });
  assert.deepEqual(again.warnings, []);
  assertClose(
    await scoresOf({ model: again.output('model'), dataset }),
    await scoresOf({ model: whole.model, dataset }),
    1e-6,
  );
});

test('a network that embed had by name begins again as there, and keeps its name where the head is its own', async () => {
  const named = { model: 'tiny-xception', imageSize: 40, seed: 5 };
  const head = { model: 'tiny-xception', epochs: 1 };
  using whole = await joined({ with: named }, { with: { seed: 5 } }, head);
  await assertSameScores(whole);
  assert.equal(readModelInfo(whole.model).architecture, 'tiny-xception');
});

test('the scores of a model of other classes are features, too', async () => {
  const three = join(folder, 'three');
  const classes = ['a', 'b', 'c'];
  await writeUntrainedModel(three, { net: 'tiny-xception', imageSize: 40, classes });
  using whole = await joined(
    { inputs: { model: three }, with: { layer: 'logits' } },
    { inputs: { weights: three } },
  );
  await assertSameScores(whole);
});

test('a linear classifier on features is a head as well', async () => {
  using seen = new StageBench();
  await seen.run(embedSpec, embed, { inputs: { dataset, model: network } });
  const features = seen.output('features');
  using fitted = new StageBench();
  await fitted.run(linearSpec, linear, { inputs: { features } });
  const head = fitted.output('model');
  using whole = new StageBench();
  await whole.run(spec, run, { inputs: { head, weights: network } });
  assertClose(
    await scoresOf({ model: whole.output('model'), dataset }),
    await scoresOf({ model: head, features }),
    1e-5,
  );
});

test('another network than that of the features is refused, and so is what the head brings along', async () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(['head', ...inputs])).map(
      ({ at, message }) => `${at.join('.')}: ${message}`,
    );
  assert.deepEqual(check({ pretrained: 'imagenet' }), []);
  assert.deepEqual(check({}, 'onnx'), []);
  assert.deepEqual(check({ model: 'xception', fit: 'fill' }, 'onnx', 'weights'), [
    'model: expected no "model", which the input "head" brings along',
    'fit: expected no "fit", which the input "head" brings along',
    ': expected no input "weights" beside "head" and "onnx"',
  ]);
  assert.deepEqual(check({ pretrained: 'imagenet' }, 'weights'), [
    'pretrained: expected the weights of one network: either `pretrained` or an input, got both',
  ]);

  const file = join(onnx, 'model.onnx');
  using whole = await joined(
    { inputs: { onnx: file }, with: { layer: 'globalAveragePool1', normalise } },
    { inputs: { onnx: file } },
  );
  const message = async (inputs: BenchInputs, settings: object = {}) => {
    using bench = new StageBench();
    return await bench.run(spec, run, { inputs, with: settings }).then(
      () => '',
      (error: Error) => error.message,
    );
  };
  using exported = new StageBench();
  const formats = ['onnx'];
  await exported.run(exportSpec, exportModel, {
    inputs: { model: whole.model },
    with: { formats },
  });
  assert.equal(
    await message({ head: whole.head, onnx: exported.output('files') }),
    'Expected the file that the features of the head came from, but model.onnx is another.',
  );
  assert.equal(
    await message({ head: whole.head }),
    'Expected the network of an ONNX file before the head: give that file as the input `onnx`, or the `model` that embed had as `weights`.',
  );
  assert.equal(
    await message({ head: whole.model, onnx: file }),
    'Expected a head that was trained on features, got a model of images, which is whole already.',
  );
  using listed = await joined({ inputs: { model: network } }, { inputs: { weights: network } });
  assert.equal(
    await message({ head: listed.head }, { seed: 4 }),
    'Expected the network that the features of the head came from, but its weights up to globalAveragePool1 are others.',
  );
});
