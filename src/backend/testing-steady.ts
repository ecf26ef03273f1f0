// A small network that trains and predicts, and what memory a process holds.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { LayersModel, Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

export const MiB: number = 2 ** 20;
/** Bounds on sessions and bytes: far fewer than the tests use. */
export const LIMITS = { sessions: 12, memory: 96 * MiB } as const;
const SIZE = 32;

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

export class Net {
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
export function held(): { heap: number; resident: number } {
  for (let i = 0; i < 3; i++) collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, resident: rss };
}

export const inMiB = (bytes: number) => `${(bytes / MiB).toFixed(1)} MiB`;
