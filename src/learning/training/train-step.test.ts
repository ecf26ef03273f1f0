import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { type LayersModel, layers, memory, sequential, setBackend, tensor } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { Optimizer } from './optimizer.ts';
import { clipGradients, trainStep } from './train-step.ts';
import { trainableWeights } from './trainable-weights.ts';
import { type ClipSettings, clipSettings } from './training-settings.ts';

before(() => setBackend('cpu'));

/** The logits are the values of red and of green. */
function onePixelModel(): LayersModel {
  const dense = layers.dense({ units: 2, useBias: false });
  const model = sequential({ layers: [layers.flatten({ inputShape: [1, 1, 3] }), dense] });
  dense.setWeights([tensor([1, 0, 0, 1, 0, 0], [3, 2])]);
  return model;
}

const batch = {
  images: Float32Array.of(2, 0, 0, 0, 2, 0),
  labels: Int32Array.of(0, 0),
  indices: Uint32Array.of(0, 1),
  release: () => {},
};

test('a step gives the logits before it and moves the weights against the mean gradient', async () => {
  const model = onePixelModel();
  const sgd = new Optimizer({ kind: 'sgd', learningRate: 1, momentum: 0 }, trainableWeights(model));

  const logits = await trainStep(model, sgd, batch);

  assert.deepEqual([...logits], [2, 0, 0, 2]);
  // Softmax gives the wrong class 1 / (1 + e²) and 1 / (1 + e⁻²); its gradient by the logits is ∓
  // that, by a weight also times the pixel, 2, over the batch, 2.
  const first = 1 / (1 + Math.exp(2));
  const second = 1 / (1 + Math.exp(-2));
  assertClose(
    model.getWeights()[0]!.dataSync(),
    [1 + first, -first, second, 1 - second, 0, 0],
    1e-6,
  );
});

test('a step clips the gradients that it takes', async () => {
  const model = onePixelModel();
  const sgd = new Optimizer({ kind: 'sgd', learningRate: 1, momentum: 0 }, trainableWeights(model));

  await trainStep(model, sgd, batch, { clip: { norm: 0.5 } });

  const moved = [...model.getWeights()[0]!.dataSync()].map(
    (weight, i) => weight - [1, 0, 0, 1, 0, 0][i]!,
  );
  assert.ok(Math.abs(Math.hypot(...moved) - 0.5) < 1e-6);
});

test('steps leave no tensors behind', async () => {
  const model = onePixelModel();
  const sgd = new Optimizer(
    { kind: 'sgd', learningRate: 1, momentum: 0.5 },
    trainableWeights(model),
  );
  await trainStep(model, sgd, batch);
  const { numTensors } = memory();

  for (let step = 0; step < 3; step++) await trainStep(model, sgd, batch, { clip: { norm: 1 } });

  assert.equal(memory().numTensors, numTensors);
});

/** Made by PyTorch: test/golden/training.py. */
const golden = (
  JSON.parse(
    readFileSync(new URL('../../../test/golden/training.json', import.meta.url), 'utf8'),
  ) as {
    readonly clipped: Readonly<Record<string, readonly number[]>>;
  }
).clipped;

const cases = { toNorm: { norm: 2 }, belowNorm: { norm: 100 }, toValue: { value: 0.75 } } as const;

function clipped(clip: ClipSettings): number[] {
  const numbers = linearCongruential(4);
  const gradients = { kernel: tensor(numbers(6, 3), [2, 3]), bias: tensor(numbers(3, 3)) };
  const { kernel, bias } = clipGradients(gradients, clip);
  return [...kernel!.dataSync(), ...bias!.dataSync()];
}

for (const [name, clip] of Object.entries(cases)) {
  test(`gradients that are clipped ${name} are PyTorch’s`, () => {
    assertClose(clipped(clip), golden[name]!, 1e-6);
  });
}

test('NaN stays NaN, and shows in all gradients', () => {
  const { a, b } = clipGradients({ a: tensor([Number.NaN]), b: tensor([1]) }, { norm: 1 });

  assert.deepEqual([...a!.dataSync(), ...b!.dataSync()], [Number.NaN, Number.NaN]);
});

test('clipping leaves nothing behind but its result', () => {
  const { numTensors } = memory();
  const gradients = { a: tensor([3]), b: tensor([4]) };

  const result = clipGradients(gradients, { norm: 1 });

  assert.equal(memory().numTensors, numTensors + 4);
  for (const value of Object.values({ ...gradients })) value.dispose();
  for (const value of Object.values(result)) value.dispose();
});

test('exactly one bound is set, above 0', () => {
  for (const wrong of [{}, { norm: 0 }, { norm: 1, value: 1 }]) {
    assert.equal(clipSettings.safeParse(wrong).success, false);
  }
});
