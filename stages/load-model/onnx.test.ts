import assert from 'node:assert/strict';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { encodeModel, type OnnxGraph } from '../../src/backend/lowering/onnx-writer.ts';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { parseScores } from '../../src/learning/metrics/scores/scores-file.ts';
import { countParameters } from '../../src/learning/models/count-parameters.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { readModelInfo } from '../../src/learning/models/model-info.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import type { ModelSetting } from '../../src/learning/models/model-setting.ts';
import { readOnnxFacts } from '../../src/learning/models/onnx/onnx-file.ts';
import { OnnxNetwork } from '../../src/learning/models/onnx/onnx-network.ts';
import { StageError } from '../../src/stage.ts';
import { assertClose } from '../../test/support/assert-close.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import evaluate from '../evaluate/run.ts';
import { spec as evaluateSpec } from '../evaluate/spec.ts';
import exportModel from '../export/run.ts';
import { spec as exportSpec } from '../export/spec.ts';
import run from './run.ts';
import { spec } from './spec.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

const net: ModelSetting = {
  layers: [{ conv: 4, stride: 2 }, { batchNorm: true }, 'relu', 'globalAveragePool', { dense: 2 }],
};
const normalise = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

/** A model of layers, and the ONNX file that `export` writes of it. */
async function exported(
  bench: StageBench,
  settings: object,
): Promise<{ model: string; onnx: string }> {
  const model = join(bench.root, 'layers');
  await writeUntrainedModel(model, { net: net, imageSize: 24 });
  await bench.run(exportSpec, exportModel, {
    inputs: { model },
    with: { formats: ['onnx'], ...settings },
  });
  const onnx = join(bench.root, 'exported');
  cpSync(bench.output('files'), onnx, { recursive: true });
  return { model, onnx };
}

async function scoresOf(model: string, dataset: string): Promise<readonly (readonly number[])[]> {
  using bench = new StageBench();
  await bench.run(evaluateSpec, evaluate, {
    inputs: { model, dataset },
    with: { splits: ['test'], batchSize: 3 },
  });
  const parsed = parseScores(
    readFileSync(bench.output('scores', evaluateSpec.outputs['scores']), 'utf8'),
  );
  assert.ok(parsed.ok);
  return parsed.value.rows.map(({ scores }) => scores);
}

for (const form of [{}, { layout: 'NCHW' }, { layout: 'NCHW', softmax: true }]) {
  test(`an exported file comes back as a model with its classes, parameters and scores: ${JSON.stringify(form)}`, async () => {
    using bench = new StageBench();
    const { model, onnx } = await exported(bench, form);
    await bench.run(spec, run, { inputs: { onnx } });
    const info = readModelInfo(bench.output('model'));
    assert.deepEqual([info.architecture, info.classes], ['onnx', ['real', 'fake']]);
    assert.deepEqual(info.input, readModelInfo(model).input);
    assert.equal(
      countParameters(bench.output('model'), info),
      countParameters(model, readModelInfo(model)),
    );

    const bytes = readFileSync(join(bench.output('model'), 'model.onnx'));
    const whole = readOnnxFacts(bytes, 'whole');
    const counts = whole.tensors.map((tensor) => readOnnxFacts(bytes, 'part', tensor).parameters);
    assert.deepEqual(
      [...new Set(counts)],
      [...new Set(counts)].sort((a, b) => a - b),
    ); // only what a tensor follows from
    assert.deepEqual([counts[0]! < whole.parameters, counts.at(-1)], [true, whole.parameters]);

    const dataset = join(bench.root, 'dataset');
    await writeTintedDataset(dataset, { test: 8 });
    const own = await scoresOf(model, dataset);
    const theirs = await scoresOf(bench.output('model'), dataset);
    const margin = ([real, fake]: readonly number[]) => fake! - real!;
    for (const [i, one] of theirs.entries())
      assert.ok(Math.abs(margin(one) - margin(own[i]!)) < 1e-5, `${one}`);
    const { model: nodes } = await loadModel(bench.output('model'));
    const { model: asLayers } = await loadModel(model);
    const image = Float32Array.from({ length: 24 * 24 * 3 }, (_, at) => Math.sin(at));
    assertClose(await outputOf(nodes, image), await outputOf(asLayers, image), 1e-5);
  });
}

/** A graph that averages its image: `[batch, 3]` from an input of this shape. */
const means = (shape: readonly (number | string)[], operator = 'GlobalAveragePool'): OnnxGraph => ({
  nodes: [
    { type: operator, domain: '', inputs: ['pixels'], outputs: ['pooled'], attributes: {} },
    {
      type: 'Flatten',
      domain: '',
      inputs: ['pooled'],
      outputs: ['values'],
      attributes: { axis: 1 },
    },
  ],
  initializers: [],
  inputs: [{ name: 'pixels', type: 'float32', shape }],
  outputs: [{ name: 'values', type: 'float32', shape: ['batch', 3] }],
});

test('a file that does not fit is refused with the reason and the tensor', async () => {
  using bench = new StageBench();
  const onnx = join(bench.root, 'net.onnx');
  const usual = ['batch', 3, 8, 8];
  const refused = async (bytes: Uint8Array, settings: object, message: string) => {
    writeFileSync(onnx, bytes);
    const running = bench.run(spec, run, {
      inputs: { onnx },
      with: { classes: ['a', 'b', 'c'], normalise, ...settings },
    });
    await assert.rejects(running, { name: 'StageError', message });
  };
  const graph = (shape: readonly (number | string)[], operator?: string) =>
    encodeModel(means(shape, operator));
  await refused(
    Buffer.from('no model'),
    {},
    'Expected an ONNX file, but net.onnx is none or ends early.',
  );
  await refused(
    graph(usual).subarray(0, 90),
    {},
    'Expected an ONNX file, but net.onnx is none or ends early.',
  );
  await refused(
    graph(usual, 'FancyPool'),
    {},
    'ONNX Runtime cannot take net.onnx: it has no operator FancyPool, which the node "pooled" asks for.',
  );
  await refused(
    graph(['batch', 3, 'height', 'width']),
    {},
    'Expected a fixed number of pixels, but "pixels" of net.onnx is float32 of [batch, 3, height, width], where "height" is free: set imageSize.',
  );
  await refused(
    graph(['batch', 'channels', 8, 8]),
    {},
    'Expected float32 of [batch, 3, height, width] or [batch, height, width, 3], but "pixels" of net.onnx is float32 of [batch, channels, 8, 8].',
  );
  await refused(
    graph(['batch', 3, 8, 6]),
    {},
    'Expected square images, but "pixels" of net.onnx is float32 of [batch, 3, 8, 6].',
  );
  for (const images of [0, 2 ** 40]) {
    await refused(
      graph([images, 3, 8, 8]),
      {},
      `Expected 1 to 1024 images of a pass, or a free number, but "pixels" of net.onnx is float32 of [${images}, 3, 8, 8].`,
    );
  }
  await refused(
    graph(['batch', 3, 100_000, 100_000]),
    {},
    'Expected images of 1 to 4096 pixels a side, but "pixels" of net.onnx is float32 of [batch, 3, 100000, 100000].',
  );
  await refused(
    graph(usual),
    { imageSize: 9 },
    'Expected images of 8 pixels a side, since "pixels" of net.onnx is float32 of [batch, 3, 8, 8], got imageSize 9.',
  );
  const size =
    'Expected images of 8 pixels a side, since "pixels" of net.onnx is float32 of [batch, 3, 8, 8]';
  await refused(
    graph(usual),
    { preprocessing: 'timm' },
    `${size}, got 224, the size that preprocessing: timm means by default: set imageSize: 8 beside it.`,
  );
  await refused(
    graph(usual),
    { classes: ['real', 'fake'] },
    'Expected a value for each of the classes real, fake in the tensor "values", got 3 values for each image.',
  );
});

test('weights given as an ONNX file are named as the user did, and sent to their own input', async () => {
  using bench = new StageBench();
  // The input of a stage is a link that is called like its port.
  const file = join(bench.root, 'backbone.pth');
  const onnx = join(bench.root, 'onnx.pth');
  writeFileSync(file, 'no model');
  symlinkSync(file, onnx);
  await assert.rejects(bench.run(spec, run, { inputs: { onnx }, with: { normalise } }), {
    name: 'StageError',
    message:
      'Expected an ONNX file, but backbone.pth is none or ends early. A .pth file holds weights without their network: give it as the input "weights", and name its network in "model".',
  });
});

test('what the file does not say must be set: names of classes, and how images are normalised', async () => {
  using bench = new StageBench();
  const onnx = join(bench.root, 'net.onnx');
  const with16 = { imageSize: 16 };
  writeFileSync(onnx, encodeModel(means(['batch', 3, 'height', 'width'])));
  await assert.rejects(
    bench.run(spec, run, { inputs: { onnx }, with: { ...with16, normalise } }),
    new StageError('Expected the names of 3 classes, which the file does not have: set classes.'),
  );
  await assert.rejects(
    bench.run(spec, run, { inputs: { onnx }, with: { ...with16, classes: ['a', 'b', 'c'] } }),
    {
      message: /^Expected the setting normalise, which the file does not say\./,
    },
  );
  writeFileSync(
    onnx,
    encodeModel(means(['batch', 3, 'height', 'width']), { metadata: { classes: 'cat, dog, owl' } }),
  );
  await bench.run(spec, run, { inputs: { onnx }, with: { ...with16, normalise } });
  assert.deepEqual(readModelInfo(bench.output('model')).classes, ['cat', 'dog', 'owl']);
  using part = await OnnxNetwork.open(bench.output('model'), {
    threads: 1,
    imageSize: 16,
    tensor: 'pooled',
  });
  assert.deepEqual((await part.run(new Float32Array(5 * 16 * 16 * 3))).shape, [3, 1, 1]);
});

test('an ONNX file brings its network along, and weights do not', () => {
  const check = (settings: object, ...inputs: string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(inputs)).map(({ message }) => message);
  assert.deepEqual(check({}, 'onnx'), []);
  assert.deepEqual(check({ model: 'xception' }, 'onnx', 'weights'), [
    'expected no "model", which the file of "onnx" brings along',
    'either the input `onnx` or `weights`, got both',
  ]);
  assert.deepEqual(check({}, 'weights'), [
    'expected the setting `model`, the network of the weights, or the input `network`',
  ]);
  assert.deepEqual(check({ model: 'xception', classes: ['a', 'b', 'c'] }, 'weights'), []);
});
