import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setBackend, type Tensor, tensor } from '@tensorflow/tfjs';
import type { OnnxGraph, OnnxNode } from '../../src/backend/lowering/onnx-writer.ts';
import { InferenceSession, Tensor as OrtTensor } from '../../src/backend/packages/onnx-runtime.ts';
import { buildNet } from '../../src/learning/models/build-net.ts';
import { exportOnnx } from '../../src/learning/models/export/export-onnx.ts';
import { quantiseWeights } from '../../src/learning/models/export/quantise-weights.ts';
import { weightedNet } from '../../src/learning/models/export/weighted-net.ts';
import { initialiseWeights } from '../../src/learning/models/initial-weights.ts';
import { loadModel, saveModel } from '../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { netOf } from '../../src/learning/models/model-setting.ts';
import { openWeights } from '../../src/learning/models/weights/open-weights.ts';
import { digestOf } from '../../test/support/golden.ts';
import { linearCongruential } from '../../test/support/linear-congruential.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const info: ModelInfo = {
  architecture: 'tiny-xception',
  classes: ['real', 'fake'],
  input: {
    size: 24,
    fit: 'contain',
    kernel: 'linear',
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [1, 1, 1] },
  },
  training: { epochs: 1 },
  chosenEpoch: 1,
  backend: 'onnxruntime',
};

async function exported(bench: StageBench, settings: object) {
  await setBackend('cpu');
  const model = buildNet(netOf('tiny-xception'), 24);
  initialiseWeights(model, 1);
  const folder = join(bench.root, 'model');
  await saveModel(folder, { model, info });
  await bench.run(spec, run, { inputs: { model: folder }, with: settings });
  return { folder, files: bench.output('files') };
}

test('a model becomes files that other programs read, each with all that using it needs', async () => {
  using bench = new StageBench();
  const { folder, files } = await exported(bench, {});
  const { model, info: read } = await loadModel(folder);
  assert.deepEqual(readdirSync(files).sort(), [
    'info.json',
    'model.onnx',
    'model.safetensors',
    'tfjs',
  ]);

  const images = linearCongruential(1)(2 * 24 * 24 * 3, 1);
  const expected = (model.predict(tensor(images, [2, 24, 24, 3])) as Tensor).dataSync();
  const session = await InferenceSession.create(join(files, 'model.onnx'));
  assert.deepEqual([session.inputNames, session.outputNames], [['image'], ['logits']]);
  const { logits } = await session.run({ image: new OrtTensor('float32', images, [2, 24, 24, 3]) });
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((logits!.data as Float32Array)[i]! - value) < 1e-4);
  assert.ok(readFileSync(join(files, 'model.onnx')).includes(JSON.stringify(info)));

  using weights = await openWeights([join(files, 'model.safetensors')]);
  assert.deepEqual(
    weights.tensors.get('exit_flow.separable_conv.pointwise.weight')!.shape,
    [512, 256, 1, 1],
  );
  assert.deepEqual(readdirSync(join(files, 'tfjs')).sort(), ['model.json', 'weights.bin']);
  const bytes = (path: string) => readFileSync(join(path, 'weights.bin'));
  assert.deepEqual(bytes(join(files, 'tfjs')), bytes(folder));
  assert.deepEqual(read, JSON.parse(readFileSync(join(files, 'info.json'), 'utf8')));
});

test('only the formats that are asked for are written; their bytes change only with the version of the kind', async () => {
  using bench = new StageBench();
  const { files } = await exported(bench, { formats: ['onnx', 'safetensors'] });
  assert.deepEqual(readdirSync(files).sort(), ['info.json', 'model.onnx', 'model.safetensors']);
  const digest = digestOf(join(files, 'model.onnx'), join(files, 'model.safetensors'));
  assert.deepEqual({ version: spec.version, digest }, { version: 2, digest: '3d6495b8ca825198' });
});

test('weights of 8 bits take a quarter of the bytes, and each is off by half a step at most', async () => {
  using bench = new StageBench();
  const { folder, files } = await exported(bench, { formats: ['onnx'] });
  const whole = readFileSync(join(files, 'model.onnx'));
  const form = { layout: 'NHWC', softmax: false } as const;
  const net = weightedNet(await loadModel(folder));
  const rounded = exportOnnx(net, {}, { ...form, quantize: 'int8' });
  assert.ok(rounded.length < 0.45 * whole.length, `${rounded.length} of ${whole.length}`);

  await bench.run(spec, run, {
    inputs: { model: folder },
    with: { formats: ['onnx'], quantize: 'int8' },
  });
  const images = linearCongruential(1)(2 * 24 * 24 * 3, 1);
  const scoresOf = async (bytes: Uint8Array) => {
    const session = await InferenceSession.create(bytes);
    const { logits } = await session.run({
      image: new OrtTensor('float32', images, [2, 24, 24, 3]),
    });
    return logits!.data as Float32Array;
  };
  const expected = await scoresOf(whole);
  const actual = await scoresOf(readFileSync(join(bench.output('files'), 'model.onnx')));
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) {
    assert.notEqual(actual[i], value);
    assert.ok(Math.abs(actual[i]! - value) < 0.1 * largest);
  }
});

test('each channel of a weight has a scale of its own, by the axis of its operator', () => {
  const shape = [2, 3];
  const data = Float32Array.from([1, -2, 4, 0.1, 0.2, -0.05]);
  const quantised = (type: string, attributes: OnnxNode['attributes']) =>
    quantiseWeights({
      nodes: [{ type, domain: '', inputs: ['x', 'w'], outputs: ['y'], attributes }],
      initializers: [{ name: 'w', type: 'float32', shape, data }],
      inputs: [],
      outputs: [],
    });
  const back = ({ nodes, initializers }: OnnxGraph) => {
    const [integers, scales] = initializers;
    const values = new Int8Array((integers!.data as Uint8Array).buffer);
    const { axis } = nodes[0]!.attributes as { axis: number };
    const inner = axis === 0 ? shape[1]! : 1;
    return Array.from(values, (value, i) => {
      const channel = Math.floor(i / inner) % shape[axis]!;
      return {
        value: value * (scales!.data as Float32Array)[channel]!,
        step: scales!.data[channel]!,
      };
    });
  };
  for (const [type, attributes, axis] of [
    ['Conv', {}, 0],
    ['Gemm', { transB: 1 }, 0],
    ['Gemm', {}, 1],
    ['MatMul', {}, 1],
  ] as const) {
    const graph = quantised(type, attributes);
    assert.deepEqual(graph.nodes[0]!.attributes, { axis });
    assert.equal(graph.initializers[1]!.data.length, shape[axis]);
    for (const [i, { value, step }] of back(graph).entries())
      assert.ok(Math.abs(value - data[i]!) <= Number(step) / 2 + 1e-7, `${type} ${i}`);
  }
});
