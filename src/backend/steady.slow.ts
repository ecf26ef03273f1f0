// What a long run holds on to. Sizes are resident memory, so nothing else may run in this process.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { LayersModel, Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { onnxRuntimeBackend } from './registration/register.ts';
import { selectBackend } from './select/select-backend.ts';

const MiB = 2 ** 20;
const LIMITS = { sessions: 12, memory: 96 * MiB } as const;
const SIZE = 32;

before(() => selectBackend('onnxruntime', { threads: 2, ...LIMITS }));

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function convNet(): LayersModel {
  const {
    conv2d,
    batchNormalization,
    activation,
    separableConv2d,
    maxPooling2d,
    globalAveragePooling2d,
    dense,
  } = tf.layers;
  return tf.sequential({
    layers: [
      conv2d({
        inputShape: [SIZE, SIZE, 3],
        filters: 16,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
      }),
      batchNormalization(),
      activation({ activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      separableConv2d({ filters: 64, kernelSize: 3, padding: 'same', useBias: false }),
      batchNormalization(),
      activation({ activation: 'relu' }),
      conv2d({ filters: 64, kernelSize: 3, strides: 2, activation: 'relu' }),
      globalAveragePooling2d({}),
      dense({ units: 2 }),
    ],
  });
}

class Net {
  readonly #model = convNet();
  readonly #optimizer = tf.train.adam(1e-3);
  #seed = 1;

  train(batch: number): number {
    return tf.tidy(() => {
      const images = this.#images(batch);
      const labels = tf.oneHot(
        tf.tensor1d(
          Array.from({ length: batch }, (_, i) => i % 2),
          'int32',
        ),
        2,
      );
      const weights = this.#model.trainableWeights.map((weight) => weight.read() as Variable);
      const loss = () =>
        tf.losses.softmaxCrossEntropy(
          labels,
          this.#model.apply(images, { training: true }) as Tensor,
        ) as Scalar;
      const { value, grads } = tf.variableGrads(loss, weights);
      this.#optimizer.applyGradients(
        Object.entries(grads).map(([name, tensor]) => ({ name, tensor })),
      );
      return value.dataSync()[0]!;
    });
  }

  predict(batch: number): void {
    tf.tidy(() => (this.#model.apply(this.#images(batch)) as Tensor).dataSync());
  }

  dispose(): void {
    this.#model.dispose();
    this.#optimizer.dispose();
  }

  #images(batch: number): Tensor {
    return tf.randomUniform([batch, SIZE, SIZE, 3], -1, 1, 'float32', this.#seed++);
  }
}

/** Bytes: of JavaScript's objects, and of all, once the garbage is collected. */
function held(): { heap: number; resident: number } {
  for (let i = 0; i < 3; i++) collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, resident: rss };
}

const inMiB = (bytes: number) => `${(bytes / MiB).toFixed(1)} MiB`;

describe('memory stays flat', () => {
  it('over 1,000 training steps', (t) => {
    const net = new Net();
    const losses: number[] = [];
    for (let step = 0; step < 100; step++) losses.push(net.train(8));
    const settled = { ...held(), tensors: tf.memory(), backend: onnxRuntimeBackend()!.statistics };
    for (let step = 100; step < 1000; step++) losses.push(net.train(8));
    const now = { ...held(), tensors: tf.memory(), backend: onnxRuntimeBackend()!.statistics };
    net.dispose();
    t.diagnostic(
      `resident: ${inMiB(settled.resident)} after 100 steps, ${inMiB(now.resident)} after 1,000`,
    );
    t.diagnostic(`of it JavaScript's objects: ${inMiB(settled.heap)}, ${inMiB(now.heap)}`);

    assert.ok(losses.every(Number.isFinite));
    assert.deepEqual(now.tensors, settled.tensors);
    assert.deepEqual({ ...now.backend, runs: 0 }, { ...settled.backend, runs: 0 });
    // A leak of one array a step would be 56 MiB in 900 steps, if it is large enough for the pool;
    // a batch of images would be 84 MiB. Below the margin is what allocators and the collector
    // leave lying about.
    assert.ok(now.resident - settled.resident < 24 * MiB, inMiB(now.resident - settled.resident));
    // A kilobyte a step.
    assert.ok(now.heap - settled.heap < 0.9 * MiB, inMiB(now.heap - settled.heap));
  });

  it('while 40 sizes of batches come again and again, for training and for use', (t) => {
    const net = new Net();
    const rounds: { heap: number; resident: number }[] = [];
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 40; i++) {
        const batch = 1 + ((i * 17) % 40);
        net.train(batch);
        // Often enough for the weights to become constants.
        for (let run = 0; run < 10; run++) net.predict(batch);
        const { sessions, sessionBytes, pooledBytes } = onnxRuntimeBackend()!.statistics;
        assert.ok(
          sessions <= LIMITS.sessions &&
            sessionBytes <= LIMITS.memory &&
            pooledBytes <= LIMITS.memory,
        );
      }
      rounds.push(held());
    }
    net.dispose();
    t.diagnostic(
      `resident after each round: ${rounds.map(({ resident }) => inMiB(resident)).join(', ')}`,
    );
    t.diagnostic(`of it JavaScript's objects: ${rounds.map(({ heap }) => inMiB(heap)).join(', ')}`);

    // Allocators take some rounds to settle, and then leave more or less lying about, by 50 MiB
    // from round to round, in either direction: the median of several leaves out one that is far
    // from the others.
    const middleFrom = (round: number) =>
      rounds
        .slice(round, round + 3)
        .map(({ resident }) => resident)
        .sort((a, b) => a - b)[1]!;
    const grown = middleFrom(5) - middleFrom(2);
    // 80 graphs are compiled in a round: a tenth of their memory, kept over three rounds, would be
    // more than this.
    assert.ok(grown < 48 * MiB, inMiB(grown));
    const [, second, ...later] = rounds;
    for (const { heap } of later)
      assert.ok(heap - second!.heap < 2 * MiB, inMiB(heap - second!.heap));
  });
});
