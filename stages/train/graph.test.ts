import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { LayersModel } from '@tensorflow/tfjs';
import { encodeModel } from '../../src/backend/lowering/onnx-writer.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { countParameters } from '../../src/learning/models/count-parameters.ts';
import { graphTotals, listGraph } from '../../src/learning/models/graph-listing.ts';
import type { LayerItem } from '../../src/learning/models/layers/layer-items.ts';
import { loadGraphLayers, loadModel } from '../../src/learning/models/model-files.ts';
import { readModelInfo } from '../../src/learning/models/model-info.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { dataset, digests } from '../../test/support/training-bench.ts';
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
import loadStage from '../load-model/run.ts';
import { spec as loadSpec } from '../load-model/spec.ts';
import saliency from '../saliency/run.ts';
import { spec as saliencySpec } from '../saliency/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'graph-'));
const onnx = join(folder, 'backbone');
const imageSize = 24;
before(async () => {
  const layers: LayerItem[] = [
    { conv: 6, stride: 2, padding: 'same', name: 'stem' },
    { batchNorm: true, name: 'norm' },
    'relu',
    { residual: [{ separableConv: 6, padding: 'same' }, { activation: 'swish' }] },
    { maxPool: 2 },
    'globalAveragePool',
    { dense: 5, name: 'classifier' },
  ];
  const net = { layers };
  const classes = ['a', 'b', 'c', 'd', 'e'];
  const model = join(folder, 'layers');
  await writeUntrainedModel(model, { net, imageSize, classes });
  using bench = new StageBench();
  const settings = { formats: ['onnx'], layout: 'NCHW' };
  await bench.run(exportSpec, exportModel, { inputs: { model }, with: settings });
  cpSync(bench.output('files'), onnx, { recursive: true });
});
after(() => rmSync(folder, { recursive: true }));

const normalise = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };
const small = { normalise, batchSize: 4, epochs: 2, seed: 3, augment: { crop: 1 } };

async function trained(settings: object = {}): Promise<StageBench> {
  const bench = new StageBench();
  const inputs = { dataset, onnx: join(onnx, 'model.onnx') };
  await bench.run(spec, run, { inputs, with: { ...small, ...settings } });
  return bench;
}

const weightsOf = ({ layers }: LayersModel): [string, number[]][] =>
  layers.flatMap(({ weights }) =>
    weights.map((weight): [string, number[]] => [
      weight.originalName,
      [...weight.read().dataSync()],
    ]),
  );

async function scoresOf(model: string): Promise<readonly number[]> {
  using bench = new StageBench();
  const inputs = { model, dataset };
  await bench.run(evaluateSpec, evaluate, { inputs, with: { splits: ['test'], draws: 20 } });
  const path = bench.output('scores', evaluateSpec.outputs['scores']);
  const parsed = parseScores(readFileSync(path, 'utf8'));
  assert.ok(parsed.ok);
  return parsed.value.rows.flatMap(({ scores }) => [...scores]);
}

test('the network of an ONNX file trains with a head of its own, the same seed giving the same bytes', async () => {
  using first = await trained();
  using second = await trained();
  assert.deepEqual(digests(second), digests(first));
  assert.equal(
    first.logs[0],
    'The network of model.onnx up to "globalAveragePool1", then a head of 1 layers.',
  );
  const { model, info } = await loadModel(first.output('model'));
  const { architecture } = info;
  assert.ok(typeof architecture === 'object' && 'onnx' in architecture);
  assert.deepEqual(
    [architecture.cut, architecture.head, architecture.layout],
    ['globalAveragePool1', [{ dense: 2, name: 'logits' }], 'NCHW'],
  );
  assert.deepEqual(model.outputs[0]!.shape, [null, 2]);
  assert.deepEqual('size' in info.input && [info.input.size, info.input.normalise], [
    24,
    normalise,
  ]);
});

test('a frozen backbone keeps the weights and statistics of the file, and the head learns', async () => {
  using frozen = await trained({ freeze: 'backbone' });
  using free = await trained();
  const weights = async (model: string, layer: string) =>
    (await loadModel(model)).model
      .getLayer(layer)
      .getWeights()
      .map((weight) => [...weight.dataSync()]);
  const written = await weights(join(folder, 'layers'), 'norm');
  assert.deepEqual(await weights(frozen.output('model'), 'norm'), written);
  assert.notDeepEqual(await weights(free.output('model'), 'norm'), written);
  assert.equal(frozen.logs[2], 'From epoch 1 on 14 of 290 parameters train.');
  assert.deepEqual(
    frozen.warnings.filter((line) => line.includes('Frozen')),
    [],
  );
});

test('features of frozen layers are computed once, and give the model that computing them anew gives', async () => {
  const still = { freeze: 'backbone', augment: { crop: 0, flip: false }, epochs: 3 };
  const head = [{ dense: 4 }, 'relu', { dropout: 0.2 }, { dense: 2 }];
  const line = (layer: string) =>
    `The features of 30 images of train and val, the output of the frozen layers up to ${layer}, were computed once for all epochs.`;
  using once = await trained({ ...still, head });
  assert.equal(once.logs[1], line('globalAveragePool1'));
  // Thawing after the last epoch changes nothing, but then features may not stay.
  const thaw = [{ epoch: 9, layers: 'all' }];
  using anew = await trained({ ...still, head, unfreeze: thaw });
  assert.ok(!anew.logs.some((text) => text.includes('computed once')));
  assertClose(await scoresOf(once.output('model')), await scoresOf(anew.output('model')), 1e-5);

  using changing = await trained({ freeze: 'backbone' });
  assert.equal(
    changing.logs[1],
    `${line('globalAveragePool1_2')} Training images change in every epoch, and pass through all layers each time.`,
  );
  using whole = await trained({ freeze: 'backbone', unfreeze: thaw });
  const weights = (bench: StageBench) => readFileSync(join(bench.output('model'), 'weights.bin'));
  assert.deepEqual(weights(changing), weights(whole));
});

test('of a backbone only what normalises trains, or only biases, or what a pattern names', async () => {
  const { model: layers } = await loadModel(join(folder, 'layers'));
  const before = new Map(weightsOf(layers));
  // Names of the file's parameters that a training has changed, without those of the head.
  const changed = async (settings: object) => {
    using bench = await trained(settings);
    const { model } = await loadModel(bench.output('model'));
    return weightsOf(model)
      .filter(([name, values]) => before.has(name) && !isDeepStrictEqual(values, before.get(name)))
      .map(([name]) => name);
  };
  const statistics = ['norm/moving_mean', 'norm/moving_variance'];
  assert.deepEqual(await changed({ train: 'norm' }), ['norm/gamma', 'norm/beta', ...statistics]);
  assert.deepEqual(await changed({ train: 'norm', batchNorm: 'frozen' }), [
    'norm/gamma',
    'norm/beta',
  ]);
  assert.deepEqual(await changed({ train: 'bias', batchNorm: 'frozen' }), [
    'stem/bias',
    'norm/beta',
  ]);
  assert.deepEqual(await changed({ train: ['stem.*'] }), ['stem/kernel', 'stem/bias']);
});

test('the backbone learns at a rate of its own', async () => {
  const settings = {
    optimizer: { kind: 'sgd', learningRate: 0.1 },
    batchNorm: 'frozen',
    epochs: 1,
  };
  const moved = async (rates: object) => {
    using bench = await trained({ ...settings, batchSize: 20, ...rates });
    const { model } = await loadModel(bench.output('model'));
    const { model: written } = await loadModel(join(folder, 'layers'));
    const kernel = (net: LayersModel) => net.getLayer('stem').getWeights()[0]!;
    return kernel(model).sub(kernel(written)).dataSync();
  };
  const whole = await moved({});
  assertClose(
    await moved({ rates: { backbone: 0.5 } }),
    whole.map((value) => value / 2),
    1e-7,
  );
});

test('a model of a backbone and a head scores, explains itself and is exported as any other', async () => {
  using bench = await trained({ head: [{ dense: 4 }, 'relu', { dropout: 0.2 }, { dense: 2 }] });
  const model = bench.output('model');
  const scores = await scoresOf(model);

  for (const layout of ['NCHW', 'NHWC']) {
    using exporting = new StageBench();
    const formats = ['onnx', 'safetensors'];
    await exporting.run(exportSpec, exportModel, {
      inputs: { model },
      with: { formats, layout },
    });
    using loading = new StageBench();
    const exported = join(exporting.output('files'), 'model.onnx');
    await loading.run(loadSpec, loadStage, { inputs: { onnx: exported } });
    assertClose(await scoresOf(loading.output('model')), scores, 1e-5);
  }

  const info = readModelInfo(model);
  const rows = await listGraph(() => loadGraphLayers(model, info));
  assert.equal(graphTotals(rows).learnable, countParameters(model, info));
  assert.deepEqual(
    [rows[0], ...rows.slice(-2)].map((row) => [row!.name, row!.operator, row!.output]),
    [
      ['stem', 'Conv', '12 x 12 x 6'],
      ['dropout1', 'Dropout', '4 values'],
      ['dense2', 'Dense', '2 values'],
    ],
  );

  using maps = new StageBench();
  const few = { split: 'test', images: 4 };
  await maps.run(saliencySpec, saliency, { inputs: { model, dataset }, with: few });
  await maps.run(gradcamSpec, gradcam, {
    inputs: { models: [model], datasets: [dataset] },
    with: few,
  });
  using judging = new StageBench();
  const judged = { ...few, method: ['gradient', 'guided-backprop', 'grad-cam'], curveSteps: 4 };
  await judging.run(faithfulnessSpec, faithfulness, {
    inputs: { model, dataset },
    with: { ...judged, draws: 100, randomise: true },
  });
  const metrics = judging.output('metrics', faithfulnessSpec.outputs['metrics']);
  assert.ok(existsSync(metrics));
  using features = new StageBench();
  await features.run(embedSpec, embed, {
    inputs: { model, dataset },
    with: { splits: ['test'] },
  });
  assert.match(
    features.logs.at(-1)!,
    /^6 values for each of 6 images, the output of globalAverage/,
  );
});

test('training goes on with a trained model and its head as weights, and rates fall from layer to layer', async () => {
  using bench = await trained();
  const model = bench.output('model');
  const moved = async (rates: object) => {
    using more = new StageBench();
    const optimizer = { kind: 'sgd', learningRate: 0.1 };
    const settings = {
      batchSize: 20,
      epochs: 1,
      seed: 3,
      optimizer,
      batchNorm: 'frozen',
      ...rates,
    };
    await more.run(spec, run, { inputs: { dataset, weights: model }, with: settings });
    assert.equal(more.logs[0], 'Training goes on with all weights of the model under "weights".');
    const { model: before } = await loadModel(model);
    const { model: after, info } = await loadModel(more.output('model'));
    assert.deepEqual(info.input, readModelInfo(model).input);
    return new Map(
      ['stem', 'norm', 'sepconv1.pointwise', 'logits'].map((name) => {
        const kernel = (net: LayersModel) => net.getLayer(name).getWeights()[0]!;
        return [name, [...kernel(after).sub(kernel(before)).dataSync()]] as const;
      }),
    );
  };
  const whole = await moved({});
  assert.ok(whole.get('logits')!.some((value) => Math.abs(value) > 1e-4));
  const fallen = await moved({ rates: { decay: 0.5 } });
  const factors = { logits: 1, 'sepconv1.pointwise': 0.5, norm: 0.25, stem: 0.25 };
  for (const [name, factor] of Object.entries(factors)) {
    const expected = whole.get(name)!.map((value) => value * factor);
    assertClose(fallen.get(name)!, expected, 1e-7);
  }

  const message = async (settings: object) => {
    using refused = new StageBench();
    const given = { inputs: { dataset, weights: model }, with: settings };
    return await refused.run(spec, run, given).then(
      () => '',
      (error: Error) => error.message,
    );
  };
  assert.equal(
    await message({ imageSize: 48 }),
    'Expected neither "model" nor another "imageSize" than 24, since "weights" is a model that began as an ONNX file and keeps its layers.',
  );
  assert.equal(
    await message({ freeze: ['stam'] }),
    'In freeze.0: expected a layer of the network, got "stam". Did you mean "stem"? The nearest of 14 are stem, norm, stem.bias, logits, stem.weight.',
  );
});

test('a training begins from a trained backbone by its export, with a new head', async () => {
  using bench = await trained();
  const model = bench.output('model');
  using exporting = new StageBench();
  const formats = ['onnx'];
  await exporting.run(exportSpec, exportModel, { inputs: { model }, with: { formats } });
  using again = new StageBench();
  const inputs = { dataset, onnx: exporting.output('files') };
  const frozen = { ...small, freeze: 'backbone', head: [{ dense: 3 }, 'relu', { dense: 2 }] };
  await again.run(spec, run, { inputs, with: frozen });
  const kernel = async (folder: string) => {
    const [weights] = (await loadModel(folder)).model.getLayer('stem').getWeights();
    return weights!.dataSync();
  };
  assert.deepEqual(await kernel(again.output('model')), await kernel(model));
});

test('an ONNX file that was loaded is explained by its gradients', async () => {
  using loading = new StageBench();
  const inputs = { onnx: join(onnx, 'model.onnx') };
  await loading.run(loadSpec, loadStage, { inputs, with: {} });
  const asLayers = (await loadModel(join(folder, 'layers'))).model;
  const asNodes = (await loadModel(loading.output('model'))).model;
  const image = Float32Array.from({ length: imageSize * imageSize * 3 }, (_, at) => Math.sin(at));
  assertClose(await outputOf(asNodes, image), await outputOf(asLayers, image), 1e-6);
});

test('what does not fit an ONNX file is said before it trains', async () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(['dataset', 'onnx', ...inputs]));
  assert.deepEqual(check({ normalise }), []);
  assert.deepEqual(
    check({ model: 'resnet-18' }, 'weights').map(({ message }) => message),
    [
      'expected no "model", which the file of "onnx" brings along',
      'either the input `onnx` or `weights`, got both',
      'expected how images are normalised for the ONNX file, such as { mean: [0.485, 0.456, 0.406], … }',
    ],
  );
  assert.deepEqual(spec.check!(spec.settings.parse({ cut: 'a' }), new Set(['dataset'])), [
    { at: ['cut'], message: '"cut" is for the inputs `network` and `onnx`' },
  ]);
  assert.deepEqual(check({ normalise, freeze: 'backbone', train: 'norm' }), [
    { at: ['train'], message: 'either `train` or `freeze`, got both' },
  ]);
  assert.deepEqual(check({ normalise, freeze: 'backbone', rates: { backbone: 0.1 } }), [
    {
      at: ['rates', 'backbone'],
      message: 'expected none with freeze: backbone, whose layers do not train',
    },
  ]);
  const message = (settings: object) =>
    trained(settings).then(
      () => '',
      (error: Error) => error.message,
    );
  assert.equal(
    await message({ cut: 'globalAveragePool' }),
    'Expected a tensor of model.onnx in "cut", got "globalAveragePool". Did you mean "globalAveragePool1"? The nearest of 13 are globalAveragePool1, globalAveragePool1/mean, pool1, classifier, logits.',
  );
  assert.equal(
    await message({ freeze: ['stam'] }),
    'In freeze.0: expected a layer of the network, got "stam". Did you mean "stem"? The nearest of 14 are stem, norm, stem.bias, logits, stem.weight.',
  );
  assert.equal(
    await message({ head: [{ dense: 3 }] }),
    'Expected a head that ends with 2 values, for the classes real, fake, but it ends with 3 values.',
  );
  assert.equal(
    await message({ imageSize: 48 }),
    'Expected images of 24 pixels a side, as model.onnx takes them, got imageSize 48.',
  );
  assert.equal(
    await message({ preprocessing: 'timm' }),
    'Expected images of 24 pixels a side, as model.onnx takes them, got 224, the size that preprocessing: timm means by default: set imageSize: 24 beside it.',
  );
});

test('a file whose exporter made up names says so where a name or a layer is missing', async () => {
  const conv = { strides: [2, 2], kernel_shape: [2, 2] };
  const node = (type: string, inputs: string[], name: string, attributes = {}) => ({
    type,
    domain: '',
    inputs,
    outputs: [name],
    attributes,
  });
  const floats = (name: string, shape: readonly number[], length: number) =>
    ({ name, type: 'float32', shape, data: new Float32Array(length).fill(0.1) }) as const;
  const path = join(folder, 'folded.onnx');
  const graph = {
    nodes: [
      node('Conv', ['image', 'onnx::Conv_90', 'onnx::Conv_91'], 'conv', conv),
      node('GlobalAveragePool', ['conv'], 'mean'),
      node('Flatten', ['mean'], 'flat', { axis: 1 }),
      node('Gemm', ['flat', 'fc.weight', 'fc.bias'], 'logits', { transB: 1 }),
    ],
    initializers: [
      floats('onnx::Conv_90', [4, 3, 2, 2], 48),
      floats('onnx::Conv_91', [4], 4),
      floats('fc.weight', [5, 4], 20),
      floats('fc.bias', [5], 5),
    ],
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, 24, 24] }],
    outputs: [{ name: 'logits', type: 'float32' }],
  } as const;
  writeFileSync(path, encodeModel(graph));
  // A stage sees a link that is called like the input.
  const link = join(folder, 'onnx.onnx');
  symlinkSync(path, link);
  const message = async (settings: object) => {
    using bench = new StageBench();
    const given = { inputs: { dataset, onnx: link }, with: { ...small, ...settings } };
    return await bench.run(spec, run, given).then(
      () => '',
      (error: Error) => error.message,
    );
  };
  const advice =
    'PyTorch’s exporter folded BatchNorm or transposed weights in folded.onnx, and made up names such as onnx::Conv_90; torch.onnx.export(…, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False) keeps both.';
  assert.equal(
    await message({ freeze: ['layer1.*'] }),
    `In freeze.0: expected a layer of the network, got "layer1.*". There are conv, onnx::Conv_90, onnx::Conv_91, logits. ${advice}`,
  );
  assert.equal(
    await message({ train: 'norm' }),
    `In train: expected a backbone with layers that normalise, such as BatchNorm. ${advice}`,
  );
});
