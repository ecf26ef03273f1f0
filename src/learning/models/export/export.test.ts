import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setBackend, type Tensor, tensor } from '@tensorflow/tfjs';
import { assertClose } from '../../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../../test/support/linear-congruential.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { InferenceSession, Tensor as OrtTensor } from '../../../backend/packages/onnx-runtime.ts';
import { StageError } from '../../../stage.ts';
import { buildHead, buildNet } from '../build-net.ts';
import { headOf } from '../feature-head.ts';
import { initialiseWeights } from '../initial-weights.ts';
import { type ModelSetting, netOf } from '../model-setting.ts';
import { loadWeights } from '../weights/load-weights.ts';
import { openWeights } from '../weights/open-weights.ts';
import { exportOnnx } from './export-onnx.ts';
import { checkExport, randomModel } from './testing-export.ts';
import { exportSafetensors, weightedNet } from './weighted-net.ts';

before(() => setBackend('cpu'));

/** Every kind of layer and of padding, with sizes that do not divide evenly. */
const everything: ModelSetting = {
  layers: [
    { conv: 5, kernel: 4, stride: 3, padding: 'same' },
    { activation: 'swish' },
    { separableConv: 6, kernel: 3, stride: 2, padding: 'same', bias: false },
    { batchNorm: true, epsilon: 0.01 },
    { activation: 'elu' },
    {
      name: 'deep/block',
      residual: [
        { maxPool: 3, stride: 2, padding: 'same' },
        { conv: 7, kernel: 1 },
        { activation: 'tanh', name: 'bent' },
      ],
      shortcut: [
        { averagePool: 3, stride: 2, padding: 'same' },
        { separableConv: 7, padding: 'same', name: 'deep/way' },
      ],
    },
    { dropout: 0.5 },
    { averagePool: 2, stride: 1 },
    'flatten',
    { batchNorm: true },
    { dense: 8 },
    { activation: 'sigmoid' },
    { dense: 2, bias: false, name: 'logits' },
  ],
};
/** The kinds of layers that newer networks have, at a size that does not divide evenly. */
const modern: ModelSetting = {
  layers: [
    { zeroPad: [0, 1, 2, 3] },
    { conv: 8, kernel: [3, 2], stride: 2 },
    'relu6',
    {
      residual: [
        { depthwiseConv: 3, padding: 'same' },
        'layerNorm',
        { dense: 12, pixelwise: true },
        'gelu',
        { dense: 8, pixelwise: true, bias: false },
        { layerScale: 0.3 },
      ],
    },
    { gate: ['globalAveragePool', 'pixel', { conv: 8, kernel: 1 }, { activation: 'sigmoid' }] },
    {
      concat: [
        [{ conv: 4, kernel: 1 }, { activation: 'hardSwish' }],
        [],
        [{ depthwiseConv: 3, stride: 1, padding: 'same', bias: false }, 'batchNorm', 'gelu'],
      ],
    },
    { conv: 12, kernel: 4, stride: 4 },
    'tokens',
    { residual: ['layerNorm', { attention: 3 }] },
    { residual: ['layerNorm', { dense: 20 }, 'gelu', { dense: 12, bias: false }] },
    'layerNorm',
    'classToken',
    { dense: 2, name: 'logits' },
  ],
};
const cases: readonly (readonly [ModelSetting, number])[] = [
  [everything, 41],
  [modern, 29],
  ['simple-net', 50],
  ['my-net', 154],
  ['tiny-xception', 37],
];

for (const [setting, imageSize] of cases) {
  const name = typeof setting === 'string' ? setting : `a net of ${setting.layers.length} kinds`;
  test(`${name}: ONNX Runtime gives the model’s scores from its ONNX file, for any batch`, () =>
    checkExport(setting, imageSize));
}

test('the file of a head that was trained on features takes features', async () => {
  const model = buildHead(headOf('xception-based'), 2048);
  initialiseWeights(model, 1);
  const info = {
    architecture: 'xception-based',
    classes: ['real', 'fake'],
    input: { values: 2048 },
  };
  const net = weightedNet({
    model,
    info: { ...info, training: {}, chosenEpoch: 1, backend: 'cpu' },
  });
  const session = await InferenceSession.create(exportOnnx(net, {}));
  const features = linearCongruential(1)(2 * 2048, 1);
  const expected = (model.predict(tensor(features, [2, 2048])) as Tensor).dataSync();
  const { logits } = await session.run({ features: new OrtTensor('float32', features, [2, 2048]) });
  assertClose(logits!.data as Float32Array, expected, 1e-5);
});

test('the safetensors file has PyTorch’s names and shapes, and gives the very weights back', async (t) => {
  const { model, net } = randomModel(everything, 41);
  const path = join(temporaryFolder(t), 'model.safetensors');
  writeFileSync(path, exportSafetensors(net, { format: 'pt' }));
  using stored = await openWeights([path]);
  const shapes = Object.fromEntries(
    [...stored.tensors].map(([name, { shape }]) => [name, shape.join(' ')]),
  );
  assert.equal(shapes['conv1.weight'], '5 3 4 4');
  assert.equal(shapes['sepconv1.depthwise.weight'], '5 1 3 3');
  assert.equal(shapes['deep.way.pointwise.bias'], '7');
  assert.equal(shapes['bn1.running_var'], '6');
  assert.equal(shapes['logits.weight'], '2 8');

  const again = buildNet(netOf(everything), 41);
  const { random, unused, naming } = loadWeights(
    again,
    { net: netOf(everything), imageSize: 41 },
    stored,
  );
  assert.deepEqual([random, unused, naming], [[], [], 'PyTorch']);
  for (const [i, weight] of model.getWeights().entries()) {
    assert.deepEqual(again.getWeights()[i]!.dataSync(), weight.dataSync());
  }
});

test('layers whose names differ only in their separators are refused', () => {
  const layers = [
    { conv: 2, name: 'a/b' },
    { conv: 2, name: 'a.b' },
    'globalAveragePool' as const,
    { dense: 2 },
  ];
  const { net } = randomModel({ layers }, 9);
  assert.throws(
    () => exportSafetensors(net, {}),
    new StageError(
      'Expected names that differ in more than "/" and ".", but two layers would be a.b.weight.',
    ),
  );
});
