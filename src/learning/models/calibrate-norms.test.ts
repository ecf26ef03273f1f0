import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type LayersModel, type Tensor, model as tfjsModel } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { node } from '../../../test/support/onnx-node.ts';
import { encodeModel } from '../../backend/lowering/onnx-writer.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { calibrateNorms } from './calibrate-norms.ts';
import { networkWithHead, openGraph } from './graph-network.ts';
import { inputOf, outputOf } from './model-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'norms-'));
before(() => selectBackend('cpu', { threads: 1 }));
after(() => rmSync(folder, { recursive: true }));

const size = 12;
const next = linearCongruential(3);
const floats = (name: string, shape: readonly number[]) => {
  const data = next(
    shape.reduce((product, length) => product * length, 1),
    0.5,
  );
  return { name, type: 'float32', shape, data } as const;
};

/** An exporter's network: BatchNorm is in the convolutions, one of which has one of its own. */
function writeFolded(): string {
  const variance = { ...floats('var', [6]), data: Float32Array.of(1, 2, 3, 1, 2, 3) };
  const graph = {
    nodes: [
      node('Conv', ['image', 'w1', 'b1'], 'conv1', { strides: [2, 2], kernel_shape: [3, 3] }),
      node('Relu', ['conv1'], 'relu1'),
      node('Conv', ['relu1', 'w2'], 'conv2', { kernel_shape: [1, 1] }),
      node('Mul', ['conv2', 'scale'], 'scaled'),
      node('Add', ['scaled', 'shift'], 'shifted'),
      node('Relu', ['shifted'], 'relu2'),
      node('Conv', ['relu2', 'w3'], 'conv3', { kernel_shape: [1, 1] }),
      node('BatchNormalization', ['conv3', 'gamma', 'beta', 'mean', 'var'], 'normed'),
      node('GlobalAveragePool', ['normed'], 'pooled'),
      node('Flatten', ['pooled'], 'flat', { axis: 1 }),
      node('Gemm', ['flat', 'classes'], 'logits'),
    ],
    initializers: [
      floats('w1', [4, 3, 3, 3]),
      floats('b1', [4]),
      floats('w2', [5, 4, 1, 1]),
      floats('scale', [5, 1, 1]),
      floats('shift', [5, 1, 1]),
      floats('w3', [6, 5, 1, 1]),
      floats('gamma', [6]),
      floats('beta', [6]),
      floats('mean', [6]),
      variance,
      floats('classes', [6, 10]),
    ],
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, size, size] }],
    outputs: [{ name: 'logits', type: 'float32' }],
  } as const;
  const path = join(folder, 'folded.onnx');
  writeFileSync(path, encodeModel(graph));
  return path;
}

const images = linearCongruential(9)(24 * size * size * 3, 1);

async function* batches() {
  const one = size * size * 3;
  for (const [first, count] of [
    [0, 10],
    [10, 14],
  ] as const) {
    yield {
      images: images.slice(first * one, (first + count) * one),
      labels: new Int32Array(count),
      release: () => {},
    };
  }
}

const inTraining = (model: LayersModel): ArrayLike<number> =>
  (model.apply(inputOf(model, images), { training: true }) as Tensor).dataSync();

test('a BatchNorm that is put back after each convolution changes nothing, and normalises by the batch in training', async () => {
  const opened = openGraph(writeFolded());
  const options = { imageSize: size, classes: ['real', 'fake'], seed: 4 };
  const folded = await networkWithHead(opened, options);
  const { model, parts, restored } = await networkWithHead(opened, {
    ...options,
    restoresNorms: true,
  });
  assert.deepEqual(restored, ['conv1.norm', 'shifted.norm']);
  assert.deepEqual(parts.norms, ['conv1.norm', 'shifted.norm', 'normed']);
  assert.equal(await calibrateNorms(model, restored, batches()), 24);
  const wanted = await outputOf(folded.model, images);
  assertClose(await outputOf(model, images), wanted, 3e-6);
  // What follows is the same by the statistics of the same images.
  const before = tfjsModel({
    inputs: folded.model.inputs,
    outputs: folded.model.getLayer('relu2').output,
  });
  const after = tfjsModel({ inputs: model.inputs, outputs: model.getLayer('relu2').output });
  assertClose(inTraining(after), inTraining(before), 3e-6);
});

test('a network whose convolutions all have BatchNorm says so', async () => {
  const opened = openGraph(writeFolded());
  const nodes = opened.graph.nodes.filter(({ operator }) => operator !== 'Conv');
  const without = { ...opened, graph: { ...opened.graph, nodes } };
  const options = { imageSize: size, classes: ['real', 'fake'], seed: 4, restoresNorms: true };
  await assert.rejects(networkWithHead(without, options), {
    message:
      'Expected convolutions without BatchNorm before "flat" of folded.onnx for batchNorm: restored, got none.',
  });
});
