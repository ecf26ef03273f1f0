// Run by scripts/check-gpu.sh. GPU_BACKEND names a backend that starts here, GPU_PACKAGES the
// folder of its packages.
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LayersModel, NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { isBackendName } from '../src/backend/select/backend-names.ts';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { Optimizer } from '../src/learning/training/optimizer.ts';
import { trainStep } from '../src/learning/training/train-step.ts';
import { trainableWeights } from '../src/learning/training/trainable-weights.ts';
import { Project } from './support/rig.ts';

const packages = process.env['GPU_PACKAGES'];
const backend = process.env['GPU_BACKEND'] ?? '';
assert.ok(
  packages !== undefined,
  'GPU_PACKAGES names the folder that the packages of the backend are installed in',
);
assert.ok(isBackendName(backend), 'GPU_BACKEND names a backend');
const options = { threads: 2, packagesFrom: [packages] };

type Values = Readonly<Record<string, Float32Array>>;

async function valuesOf(tensors: NamedTensorMap): Promise<Values> {
  const read = Object.entries(tensors).map(
    async ([name, tensor]) => [name, await tensor.data<'float32'>()] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

/**
 * All kinds of layers of our networks, on images of 16 x 16. Odd kernels and a stride make the
 * padding uneven.
 */
function smallNet(): LayersModel {
  const { conv2d, batchNormalization, activation, separableConv2d, maxPooling2d, dense } =
    tf.layers;
  const model = tf.sequential({
    layers: [
      conv2d({
        inputShape: [16, 16, 3],
        filters: 6,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        useBias: false,
        name: 'conv',
      }),
      batchNormalization({ name: 'norm' }),
      activation({ activation: 'relu' }),
      separableConv2d({
        filters: 8,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        name: 'separable',
      }),
      maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      tf.layers.globalAveragePooling2d({}),
      dense({ units: 2, name: 'dense' }),
    ],
  });
  const random = ({ shape }: Tensor, seed: number) =>
    tf.randomUniform(shape, -0.5, 0.5, 'float32', seed + 1);
  model.setWeights(model.getWeights().map(random));
  return model;
}

const images = () => tf.randomNormal([6, 16, 16, 3], 0, 1, 'float32', 5);
const labels = Int32Array.from([0, 1, 1, 0, 1, 0]);

/** The gradients of the loss by every weight. */
async function gradients(): Promise<Values> {
  const model = smallNet();
  const targets = tf.oneHot(tf.tensor1d(labels, 'int32'), 2);
  const loss = () =>
    tf.losses.softmaxCrossEntropy(targets, model.apply(images(), { training: true }) as Tensor);
  return await valuesOf(tf.variableGrads(() => loss() as tf.Scalar, trainableWeights(model)).grads);
}

/** The logits before each of three steps of training, and the weights after them. */
async function threeSteps(): Promise<Values> {
  const model = smallNet();
  const settings = {
    kind: 'adam',
    learningRate: 0.001,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  } as const;
  const optimizer = new Optimizer(settings, trainableWeights(model));
  const pixels = Float32Array.from(await images().data());
  const batch = {
    images: pixels,
    labels,
    indices: Uint32Array.from(labels.keys()),
    release: () => {},
  };
  const logits: Record<string, Float32Array> = {};
  for (let step = 1; step <= 3; step++)
    logits[`step ${step}`] = await trainStep(model, optimizer, batch);
  const weights = model.getWeights().map((weight, i) => [`weight ${i}`, weight] as const);
  return { ...logits, ...(await valuesOf(Object.fromEntries(weights))) };
}

type Pair = [number, number];

/**
 * Convolutions padded at one end only, with a filter as large as the image and one of 1 x 1; and a
 * gradient for five filters.
 */
async function convolutions(): Promise<Values> {
  const image = tf.randomNormal([1, 4, 4, 2], 0, 1, 'float32', 1) as tf.Tensor4D;
  const filter = (size: number) =>
    tf.randomNormal([size, size, 2, 5], 0, 1, 'float32', 2) as tf.Tensor4D;
  const none: Pair = [0, 0];
  const end: Pair = [0, 1];
  const several = tf.randomNormal([3, 7, 7, 2], 0, 1, 'float32', 3) as tf.Tensor4D;
  const loss = (weights: Tensor) =>
    tf
      .conv2d(several, weights as tf.Tensor4D, 2, 'same')
      .square()
      .sum();
  return await valuesOf({
    whole: tf.conv2d(image, filter(4), 1, [none, end, end, none]),
    point: tf.conv2d(image, filter(1), 1, [none, end, end, none]),
    gradient: tf.grad(loss)(filter(3)),
  });
}

/** Asserts that arrays agree to a share, by default a ten-thousandth, of their largest value. */
function assertClose(actual: Values, expected: Values, part = 1e-4): void {
  const lengthsOf = (values: Values) => Object.values(values).map(({ length }) => length);
  assert.deepEqual(lengthsOf(actual), lengthsOf(expected));
  for (const [i, [name, values]] of Object.entries(expected).entries()) {
    const scale = Math.max(1e-3, ...values.map(Math.abs));
    const computed = Object.values(actual)[i]!;
    const worst = Math.max(...values.map((value, j) => Math.abs(value - computed[j]!)));
    assert.ok(worst <= part * scale, `${name}: off by ${worst}, where the largest is ${scale}`);
  }
}

describe(`the backend "${backend}"`, () => {
  it('has the gradients of the cpu backend', async () => {
    await selectBackend('cpu', options);
    const expected = await gradients();
    const { device } = await selectBackend(backend, options);
    if (device !== undefined) console.log(`computes on ${device}`);
    assertClose(await gradients(), expected);
  });

  it('trains as the cpu backend does', async () => {
    await selectBackend('cpu', options);
    const expected = await threeSteps();
    await selectBackend(backend, options);
    assertClose(await threeSteps(), expected, 1e-3); // Adam makes a small gradient's rounding large
  });

  it('computes convolutions right that ONNX Runtime has computed wrongly', async () => {
    await selectBackend('cpu', options);
    const expected = await convolutions();
    await selectBackend(backend, options);
    assertClose(await convolutions(), expected);
  });

  it('runs the stages of a pipeline, and records the backend and its versions', async () => {
    using project = new Project(pipeline);
    symlinkSync(join(packages, 'node_modules'), project.path('node_modules'));
    const { outcomes, messages, stderr } = await project.run('--backend', backend);

    assert.deepEqual(
      new Set(Object.values(outcomes)),
      new Set(['ran']),
      JSON.stringify(messages) + stderr,
    );
    const info = JSON.parse(project.read('artifacts/test/fit/model/info.json')) as {
      backend: string;
      versions: Record<string, string>;
    };
    assert.equal(info.backend, backend);
    assert.equal(info.versions['@tensorflow/tfjs'], tf.version.tfjs);
    assert.ok(Object.keys(info.versions).length > 1, 'the package that computes is on record');
    const results = project
      .files('cache/results')
      .map((file) => JSON.parse(project.read(`cache/results/${file}`)));
    const computed = results.filter(({ fingerprint }) => fingerprint.backend === backend);
    assert.deepEqual(
      new Set(computed.map(({ fingerprint }) => fingerprint.kind)),
      new Set(['train', 'evaluate']),
    );
    for (const { record } of computed) assert.equal(record.notes.backend, backend);
  });
});

const pipeline = `
stages:
  made:
    kind: make-faces
    with: { size: 64, images: { train: 8, val: 4, test: 4 } }
  faces:
    kind: load-dataset
    inputs: { images: made.faces }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with: { model: simple-net, imageSize: 64, batchSize: 4, epochs: 1 }
  scores:
    kind: evaluate
    inputs: { model: fit.model, dataset: faces.dataset }
`;
