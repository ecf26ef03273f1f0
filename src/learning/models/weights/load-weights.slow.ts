import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import type { SymbolicTensor, Tensor, Tensor4D } from '@tensorflow/tfjs';
import {
  add,
  avgPool,
  concat,
  conv2d,
  div,
  io,
  maxPool,
  model,
  mul,
  relu,
  separableConv2d,
  setBackend,
  sub,
  tensor,
  zerosLike,
} from '@tensorflow/tfjs';
import { linearCongruential } from '../../../../test/support/linear-congruential.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { StageError } from '../../../stage.ts';
import type { ModelSetting } from '../model-setting.ts';
import { encodeSafetensors, type NamedTensor } from './safetensors.ts';
import { loadNet, weightsOf } from './testing-weights.ts';

before(() => setBackend('cpu'));

const golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/weights.json', import.meta.url), 'utf8'),
);
const faceApi = new URL('../../../../node_modules/@vladmandic/face-api/model/', import.meta.url)
  .pathname;
const faceApiFiles = (name: string) =>
  [`${faceApi}${name}-weights_manifest.json`, `${faceApi}${name}.bin`] as const;

function faceApiWeights(name: string) {
  const [manifest, shard] = faceApiFiles(name);
  const [{ weights }] = JSON.parse(readFileSync(manifest, 'utf8'));
  return io.decodeWeights(new Uint8Array(readFileSync(shard)).buffer, weights) as Record<
    string,
    Tensor4D
  >;
}

/** Whole levels from 0 to 255. */
const noise = (size: number): Tensor4D =>
  tensor(
    linearCongruential(5)(size * size * 3, 128).map((value) => Math.floor(value + 128)),
    [1, size, size, 3],
  );

/**
 * The output of the layers before the global pooling for pixels, normalised as the weights require.
 */
function featuresOf(
  { model: whole, normalise }: Awaited<ReturnType<typeof loadNet>>,
  pixels: Tensor4D,
): Tensor {
  const pooled = whole.layers.findIndex(({ name }) => name.startsWith('globalAveragePool')) - 1;
  const backbone = model({
    inputs: whole.inputs,
    outputs: whole.layers[pooled]!.output as SymbolicTensor,
  });
  const { mean, deviation } = normalise!;
  return backbone.apply(
    div(sub(div(pixels, 255), tensor([...mean])), tensor([...deviation])),
  ) as Tensor;
}

function write(t: TestContext, bytes: Uint8Array): string {
  const path = join(temporaryFolder(t), 'net.safetensors');
  writeFileSync(path, bytes);
  return path;
}

test('a network has PyTorch’s logits with PyTorch’s weights, also after flattening', async (t) => {
  const layers: Exclude<ModelSetting, string>['layers'] = [
    { conv: 4, stride: 2, name: 'conv1' },
    { batchNorm: true, name: 'bn1' },
    'relu',
    { separableConv: 5, name: 'deep/sepconv' },
    'relu',
    'flatten',
    { batchNorm: true, name: 'bn2' },
    { dense: 4, name: 'dense1' },
    'relu',
    { dense: 2, name: 'dense2' },
  ];
  const { model, naming, random, unused, normalise } = await loadNet(
    { layers },
    10,
    write(t, Buffer.from(golden.net, 'base64')),
  );

  const logits = (model.apply(tensor(golden.images, [2, 10, 10, 3])) as Tensor).dataSync();
  for (const [i, expected] of golden.logits.entries())
    assert.ok(Math.abs(logits[i]! - expected) < 1e-5, `${logits}`);
  assert.deepEqual([naming, random, normalise], ['PyTorch', [], undefined]);
  assert.deepEqual(unused, ['bn1.num_batches_tracked', 'bn2.num_batches_tracked']);
});

/**
 * The package's own features of pixels from 0 to 255, after its TinyXception.ts; `[1, 4, 4, 512]`
 * of 112 x 112.
 */
function packageTinyXception(pixels: Tensor4D): Tensor {
  const of = faceApiWeights('age_gender_model');
  const conv = (x: Tensor4D, name: string) =>
    add<Tensor4D>(conv2d(x, of[`${name}/filters`]!, [2, 2], 'same'), of[`${name}/bias`]!);
  const separable = (x: Tensor4D, name: string) => {
    const filters = [of[`${name}/depthwise_filter`]!, of[`${name}/pointwise_filter`]!] as const;
    return add<Tensor4D>(separableConv2d(x, ...filters, [1, 1], 'same'), of[`${name}/bias`]!);
  };
  const reduction = (x: Tensor4D, name: string, first: Tensor4D) => {
    const inner = separable(
      relu(separable(first, `${name}/separable_conv0`)),
      `${name}/separable_conv1`,
    );
    return add<Tensor4D>(maxPool(inner, [3, 3], [2, 2], 'same'), conv(x, `${name}/expansion_conv`));
  };
  let x = relu(
    conv(div(sub(pixels, tensor([122.782, 117.001, 104.298])), 255), 'entry_flow/conv_in'),
  );
  x = reduction(x, 'entry_flow/reduction_block_0', x);
  x = reduction(x, 'entry_flow/reduction_block_1', relu(x));
  for (const block of ['middle_flow/main_block_0', 'middle_flow/main_block_1']) {
    x = add(
      [0, 1, 2].reduce((inner, i) => separable(relu(inner), `${block}/separable_conv${i}`), x),
      x,
    );
  }
  x = reduction(x, 'exit_flow/reduction_block', relu(x));
  return relu(separable(x, 'exit_flow/separable_conv'));
}

test('TinyXception with the weights of @vladmandic/face-api computes the features of the package', async () => {
  const tinyXception = await loadNet('tiny-xception', 112, ...faceApiFiles('age_gender_model'));
  const { random, unused, naming, normalise } = tinyXception;
  assert.equal(naming, '@vladmandic/face-api');
  assert.deepEqual(
    normalise!.mean.map((mean) => mean * 255),
    [122.782, 117.001, 104.298],
  );
  assert.deepEqual(random, [
    'logits (expected logits/weights of 512 x 2, got no tensor of that name)',
  ]);
  assert.deepEqual(unused, [
    'fc/age/weights',
    'fc/age/bias',
    'fc/gender/weights',
    'fc/gender/bias',
  ]);
  const pixels = noise(112);
  assertAlike(featuresOf(tinyXception, pixels), packageTinyXception(pixels), 1e-4);
});

function assertAlike(features: Tensor, expected: Tensor, tolerance: number): void {
  assert.deepEqual(features.shape, expected.shape);
  const off = sub(features, expected).abs().max().dataSync()[0]!;
  assert.ok(off < tolerance && expected.max().dataSync()[0]! > 0.1, `off by ${off}`);
}

/**
 * After the package's FaceRecognitionNet.ts, but with padding where it leaves windows out;
 * `[1, 2, 2, 256]` of 128 x 128.
 */
function packageFaceResNet(pixels: Tensor4D): Tensor {
  const of = faceApiWeights('face_recognition_model');
  const conv = (x: Tensor4D, name: string, stride = 1) => {
    const out = add(
      conv2d(x, of[`${name}/conv/filters`]!, stride, 'same'),
      of[`${name}/conv/bias`]!,
    );
    return add<Tensor4D>(mul(out, of[`${name}/scale/weights`]!), of[`${name}/scale/biases`]!);
  };
  const residual = (x: Tensor4D, name: string) => {
    const isDown = name.includes('down');
    const out = conv(relu(conv(x, `${name}/conv1`, isDown ? 2 : 1)), `${name}/conv2`);
    const around = isDown ? avgPool(x, 2, 2, 'same') : x;
    const isWider = around.shape[3] !== out.shape[3];
    return relu(add<Tensor4D>(isWider ? concat([around, zerosLike(around)], 3) : around, out));
  };
  const blocks = [...new Set(Object.keys(of).map((name) => name.split('/')[0]!))].slice(1, -1);
  const first = relu(
    conv(div(sub(pixels, tensor([122.782, 117.001, 104.298])), 255), 'conv32_down', 2),
  );
  return blocks.reduce(residual, maxPool(first, 3, 2, 'same'));
}

test('FaceResNet with the weights of @vladmandic/face-api computes the features of the package', async () => {
  const faceResNet = await loadNet('face-resnet', 128, ...faceApiFiles('face_recognition_model'));
  assert.equal(faceResNet.naming, '@vladmandic/face-api');
  assert.deepEqual(faceResNet.random, [
    'logits (expected logits/weights of 256 x 2, got no tensor of that name)',
  ]);
  assert.deepEqual(faceResNet.unused, ['fc']);
  const pixels = noise(128);
  assertAlike(featuresOf(faceResNet, pixels), packageFaceResNet(pixels), 1e-5);
});

const small: readonly NamedTensor[] = [
  { name: 'conv1/kernel', shape: [3, 3, 3, 4], values: linearCongruential(1)(108, 1) },
  { name: 'conv1/bias', shape: [4], values: linearCongruential(2)(4, 1) },
  { name: 'dense1/kernel', shape: [4, 3], values: linearCongruential(3)(12, 1) },
  { name: 'dense1/bias', shape: [3], values: linearCongruential(4)(3, 1) },
];
const net: ModelSetting = { layers: [{ conv: 4 }, 'relu', 'globalAveragePool', { dense: 2 }] };

test('a head for other classes keeps its random weights, with the reason; a head of the same shape is loaded', async (t) => {
  const path = write(t, encodeSafetensors(small));
  const { model, random } = await loadNet(net, 8, path);
  assert.deepEqual(random, ['dense1 (expected dense1/kernel of 4 x 2, got 4 x 3)']);
  assert.deepEqual(weightsOf(model, 'conv1'), [small[0]!.values, small[1]!.values]);
  const { layers } = net as Exclude<ModelSetting, string>;
  const three = await loadNet({ layers: layers.with(-1, { dense: 3 }) }, 8, path);
  assert.deepEqual([three.random, weightsOf(three.model, 'dense1')[1]], [[], small[3]!.values]);
});

test('the first tensor that is missing or of another shape is named, with its file', async (t) => {
  const problem = async (tensors: readonly NamedTensor[]) => {
    const path = write(t, encodeSafetensors(tensors));
    const error = await loadNet(net, 8, path).catch((caught: unknown) => caught);
    assert.ok(error instanceof StageError);
    return error.message.replace(path, 'FILE');
  };
  const [kernel, ...others] = small as [NamedTensor, ...NamedTensor[]];

  assert.equal(
    await problem([{ ...kernel, shape: [1, 9, 3, 4] }, ...others]),
    'Expected conv1/kernel of 3 x 3 x 3 x 4, got 1 x 9 x 3 x 4 in FILE; it begins with conv1/kernel, conv1/bias, dense1/kernel.',
  );
  assert.equal(
    await problem([kernel, ...others.slice(1)]),
    'Expected conv1/bias of 4, got no tensor of that name in FILE; it begins with conv1/kernel, dense1/kernel, dense1/bias.',
  );
  assert.equal(
    await problem([]),
    'Expected conv1/kernel of 3 x 3 x 3 x 4, got no tensor of that name in FILE; it holds none.',
  );
});
