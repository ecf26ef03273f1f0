import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { LayersModel, Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { startBackends, warnings } from '../../test/support/both-backends.ts';
import { onnxRuntimeBackend } from './registration/register.ts';

before(() => startBackends({ threads: 2 }));

const SIZE = 50;

/** A small SimpleNet: three convolutions, each with ReLU and max-pool, then dense layers. */
function smallNet(): LayersModel {
  const { conv2d, maxPooling2d, flatten, dense } = tf.layers;
  const model = tf.sequential({
    layers: [
      conv2d({ inputShape: [SIZE, SIZE, 3], filters: 4, kernelSize: 5, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 18, kernelSize: 3, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 1200, activation: 'relu' }),
      dense({ units: 700, activation: 'relu' }),
      dense({ units: 2 }),
    ],
  });
  const weights = model.getWeights().map(({ shape }, i) => {
    // Biases begin small.
    const inputs =
      shape.length === 1
        ? 1e4
        : shape.slice(0, -1).reduce((product, length) => product * length, 1);
    return tf.randomUniform(shape, -1, 1, 'float32', i + 1).div(Math.sqrt(inputs));
  });
  model.setWeights(weights);
  return model;
}

/**
 * Trains a small net on fixed images; gives the loss of every step and the weights after the last.
 */
function train(backend: string, steps: number): { losses: number[]; weights: Float32Array[] } {
  void tf.setBackend(backend);
  const model = smallNet();
  const images = tf.randomUniform([3, SIZE, SIZE, 3], -1, 1, 'float32', 5);
  const labels = tf.oneHot(tf.tensor1d([0, 1, 0], 'int32'), 2);
  const optimizer = tf.train.adam(1e-3);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = optimizer.minimize(
      () =>
        tf.losses.softmaxCrossEntropy(
          labels,
          model.apply(images, { training: true }) as Tensor,
        ) as Scalar,
      true,
    ) as Scalar;
    losses.push(loss.dataSync()[0] as number);
    loss.dispose();
  }
  const weights = model.getWeights().map((weight) => weight.dataSync<'float32'>());
  tf.dispose([images, labels]);
  optimizer.dispose();
  model.dispose();
  return { losses, weights };
}

describe("training a net of SimpleNet's form", () => {
  it('loses as the cpu backend does, step by step', () => {
    const expected = train('cpu', 3);
    const actual = train('onnxruntime', 3);
    for (const [i, loss] of actual.losses.entries()) {
      assert.ok(
        Math.abs(loss - expected.losses[i]!) < 1e-4,
        `step ${i}: ${loss} against ${expected.losses[i]}`,
      );
    }
    assert.deepEqual(warnings, []);
  });
  it('gives the same bytes every time, over 20 steps', () => {
    const first = train('onnxruntime', 20);
    const second = train('onnxruntime', 20);
    assert.deepEqual(second.losses, first.losses);
    for (const [i, weight] of second.weights.entries()) {
      assert.equal(
        Buffer.compare(Buffer.from(weight.buffer), Buffer.from(first.weights[i]!.buffer)),
        0,
      );
    }
    assert.ok(second.losses.at(-1)! < second.losses[0]!, `${second.losses}`);
  });
  it('compiles one graph for all steps, and holds on to no more tensors and memory from step to step', () => {
    void tf.setBackend('onnxruntime');
    const model = smallNet();
    const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
    const optimizer = tf.train.adam(1e-3);
    const step = (batch: number) =>
      tf.tidy(() => {
        const images = tf.ones([batch, SIZE, SIZE, 3]);
        const labels = tf.oneHot(tf.zeros([batch], 'int32'), 2);
        const loss = () =>
          tf.losses.softmaxCrossEntropy(labels, model.apply(images) as Tensor) as Scalar;
        const { value, grads } = tf.variableGrads(loss, variables);
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        value.dataSync();
      });
    const state = () => ({
      tensors: tf.memory().numTensors,
      ...onnxRuntimeBackend()!.statistics,
      runs: 0,
    });
    for (const batch of [2, 3, 2, 3]) step(batch);
    const settled = state();
    for (const batch of [2, 3, 2, 2, 3, 3, 2, 3]) step(batch);
    assert.deepEqual(state(), settled);
  });
});
