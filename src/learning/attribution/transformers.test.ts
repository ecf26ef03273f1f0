import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { type LayersModel, memory, tensor } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { untrainedInfo } from '../../../test/support/untrained-model.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { StageError } from '../../stage.ts';
import { buildNet } from '../models/build-net.ts';
import { exportOnnx } from '../models/export/export-onnx.ts';
import { weightedNet } from '../models/export/weighted-net.ts';
import { openGraph, wholeNetwork } from '../models/graph-network.ts';
import type { LayerItem } from '../models/layers/layer-items.ts';
import { outputOf } from '../models/model-output.ts';
import { type ModelSetting, netOf } from '../models/model-setting.ts';
import { attentionMaps } from './attention-maps.ts';
import { resizeMap } from './attribution-map.ts';
import { gradCam, hiresCam } from './cam/cam-methods.ts';
import { viewLayer } from './cam/layer-view.ts';
import { findMapLayer } from './cam/map-layers.ts';
import { attentionMethods } from './methods.ts';
import type { Question } from './questions/question.ts';

type Maps = readonly (readonly number[])[];

/** Made by PyTorch: test/golden/attention.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/attention.json', import.meta.url), 'utf8'),
) as Readonly<Record<'attention-rollout' | 'gradient-attention', Maps>> & {
  readonly classes: readonly number[];
  readonly logits: readonly number[];
  /** By layer and method, of each image its map. */
  readonly cams: Readonly<Record<string, Readonly<Record<'grad-cam' | 'hires-cam', Maps>>>>;
};

const block = (i: number): readonly LayerItem[] => [
  { residual: [{ layerNorm: true, epsilon: 1e-6, name: `norm${i}` }, { attention: 2 }] },
  {
    residual: [
      { layerNorm: true, epsilon: 1e-6 },
      { dense: 16, name: `wide${i}` },
      { activation: 'gelu' },
      { dense: 8 },
    ],
  },
];

const transformer: ModelSetting = {
  layers: [
    { conv: 8, kernel: 4, stride: 4, name: 'patches' },
    { tokens: true, name: 'tokens' },
    ...block(0),
    ...block(1),
    { layerNorm: true, epsilon: 1e-6, name: 'norm' },
    'classToken',
    { dense: 2, name: 'logits' },
  ],
};
const imageSize = 12;

let model: LayersModel;
let question: Question;

before(async () => {
  await selectBackend('onnxruntime', { threads: 1 });
  model = buildNet(netOf(transformer), imageSize);
  const numbers = linearCongruential(3);
  for (const layer of model.layers) {
    const weights = layer.weights.map(({ originalName, shape }) => {
      const lengths = shape as number[];
      const size = lengths.reduce((product, length) => product * length, 1);
      const bound = originalName.endsWith('kernel') ? 3 / Math.sqrt(size / lengths.at(-1)!) : 1;
      return tensor(numbers(size, bound), lengths);
    });
    layer.setWeights(weights);
  }
  const { classes } = golden;
  question = {
    images: numbers(classes.length * imageSize * imageSize * 3, 2),
    classes: Int32Array.from(classes),
    score: 'score',
    seeds: classes.map((_, i) => i),
  };
});

test('class activation maps of layers of tokens are PyTorch’s, a place for each patch, without the class token', async () => {
  for (const [layer, maps] of Object.entries(golden.cams)) {
    const { views, logits } = await viewLayer(model, layer, question);
    assertClose(logits, golden.logits, 1e-4);
    for (const [i, view] of views.entries()) {
      assert.deepEqual([view.height, view.width, view.channels], [3, 3, 8]);
      for (const [name, method] of Object.entries({ 'grad-cam': gradCam, 'hires-cam': hiresCam })) {
        const expected = maps[name as 'grad-cam'][i]!;
        const scale = Math.max(...expected);
        assertClose(method(view), expected, 1e-4 * scale, `${name} of image ${i} at ${layer}`);
      }
    }
  }
});

test('maps of a transformer are taken before its last attention, or from a layer of tokens by name, not after it', () => {
  assert.equal(findMapLayer(model), 'norm1');
  assert.equal(findMapLayer(model, 'wide0'), 'wide0');
  assert.equal(findMapLayer(model, 'patches'), 'patches');
  assert.equal(findMapLayer(buildNet(netOf('vit-small'), 32)), 'blocks/11/norm1');
  assert.throws(
    () => findMapLayer(model, 'wide1'),
    new StageError(
      'Expected a convolution of the network, or a layer of tokens before its last attention "attention2", for the layer, got the Dense "wide1". Did you mean "wide0"? There are patches, tokens, norm0, attention1, residual1_add, ln2, wide0, dense2, residual2_add, norm1.',
    ),
  );
});

/** Asserts that both methods of attention give PyTorch's maps, and leave no tensor. */
async function assertGoldenAttention(network: LayersModel): Promise<void> {
  const before = memory().numTensors;
  for (const method of attentionMethods) {
    const { maps, logits } = await attentionMaps(network, question, method);
    assertClose(logits, golden.logits, 1e-4);
    for (const [i, map] of maps.entries()) {
      assert.deepEqual([map.height, map.width], [imageSize, imageSize]);
      const expected = golden[method][i]!;
      const grid = { height: 3, width: 3, values: Float32Array.from(expected) };
      const scale = Math.max(...expected);
      const resized = resizeMap(grid, { height: imageSize, width: imageSize }).values;
      assertClose(map.values, resized, 1e-4 * scale, `${method} of image ${i}`);
    }
  }
  assert.equal(memory().numTensors, before, 'every tensor is disposed');
}

test('attention rollout and gradient-weighted attention are PyTorch’s, a map of the image’s size for each image', async () => {
  await assertGoldenAttention(model);
  const plain = await outputOf(model, question.images);
  assertClose(plain, golden.logits, 1e-4, 'the network is as it was');
});

test('rollout is the same for any class, gradient-weighted attention is not', async () => {
  const others = { ...question, classes: question.classes.map((c) => 1 - c) };
  const valuesOf = async (asked: Question, method: 'attention-rollout' | 'gradient-attention') =>
    (await attentionMaps(model, asked, method)).maps[0]!.values;
  assert.deepEqual(
    await valuesOf(question, 'attention-rollout'),
    await valuesOf(others, 'attention-rollout'),
  );
  assert.notDeepEqual(
    await valuesOf(question, 'gradient-attention'),
    await valuesOf(others, 'gradient-attention'),
  );
});

test('a network without attention is refused by the methods that need it', async () => {
  const net = buildNet(netOf('simple-net'), 64);
  const images = new Float32Array(64 * 64 * 3);
  const asked = { images, classes: Int32Array.of(0), score: 'score', seeds: [1] } as const;
  for (const method of attentionMethods) {
    await assert.rejects(
      attentionMaps(net, asked, method),
      new StageError(
        `Expected a network whose class token attends to all patches for ${method}, such as vit-small or a ViT of an ONNX file, but it has no attention: use another method, such as grad-cam or gradient.`,
      ),
    );
  }
});

test('the tokens and the attention of an ONNX file are recognised, and its maps are the same', async (t) => {
  const path = join(temporaryFolder(t), 'net.onnx');
  const info = untrainedInfo(transformer, imageSize);
  writeFileSync(path, exportOnnx(weightedNet({ model, info }), {}));
  const graph = await wholeNetwork(openGraph(path), imageSize);
  const layer = findMapLayer(graph);
  const { views, logits } = await viewLayer(graph, layer, question);
  assertClose(logits, golden.logits, 1e-4);
  for (const [i, view] of views.entries()) {
    assert.deepEqual([view.height, view.width, view.channels], [3, 3, 8]);
    const expected = golden.cams['norm1']!['grad-cam'][i]!;
    assertClose(gradCam(view), expected, 1e-4 * Math.max(...expected), `image ${i} at ${layer}`);
  }
  await assertGoldenAttention(graph);
  const last = graph.layers.findLast(({ outputShape }) => outputShape.length === 3)!.name;
  assert.throws(
    () => findMapLayer(graph, last),
    /^StageError: Expected a convolution of the network, or a layer of tokens before its last attention/,
  );
});
