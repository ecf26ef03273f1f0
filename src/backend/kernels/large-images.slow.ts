import { before, describe, it } from 'node:test';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { assertAgrees, startBackends } from '../../../test/support/both-backends.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';

before(() => startBackends());

type Block = (x: Tensor4D, depthwise: Tensor4D) => Tensor;

const around = [
  [0, 0],
  [1, 1],
  [2, 1],
  [0, 0],
] as [number, number][];

const normalised = (x: Tensor4D) => {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const channels = (number: number) => tf.fill([x.shape[3]], number) as Tensor1D;
  const statistics = [mean as Tensor1D, variance as Tensor1D] as const;
  return tf.batchNorm(x, ...statistics, channels(1), channels(2), 0.001);
};

const blocks: Readonly<Record<string, Block>> = {
  'ReLU and a depthwise convolution': (x, filter) =>
    tf.depthwiseConv2d(tf.relu(x), filter, 1, 'same'),
  'ReLU6, zeros around it, and a depthwise convolution of stride 2': (x, filter) =>
    tf.depthwiseConv2d(tf.pad(tf.relu6(x), around), filter, 2, 'valid'),
  'swish, zeros around it, and a depthwise convolution': (x, filter) =>
    tf.depthwiseConv2d(tf.pad(tf.mul(tf.sigmoid(tf.mul(x, 1)), x), around), filter, 1, 'valid'),
  'BatchNorm by the batch, swish and a gate for each image': (x, filter) => {
    const y = normalised(x);
    const active = tf.mul(tf.sigmoid(y), y);
    const gate = tf.sigmoid(tf.mean(active, [1, 2], true));
    return tf.depthwiseConv2d(tf.mul(active, gate) as Tensor4D, filter, 1, 'same');
  },
};

/** Large enough to go through in blocks of planes that stay in the processor's cache. */
const size = [2, 92, 92, 32] as const;

describe('a block on large images, and its gradients, agree with the cpu backend', () => {
  for (const [name, block] of Object.entries(blocks)) {
    it(name, () => {
      assertAgrees(() => {
        const numbers = linearCongruential(7);
        const [batch, height, width, channels] = size;
        // Whole numbers: both backends compute the same, and ReLU6 meets 0 and 6 itself.
        const whole = (shape: [number, number, number, number], spread: number) =>
          tf.tensor4d(numbers(tf.util.sizeFromShape(shape), spread).map(Math.round), shape);
        const x = whole([batch, height, width, 2], 3);
        const pointwise = whole([1, 1, 2, channels], 2);
        const depthwise = whole([3, 3, channels, 1], 2);
        const weighted = (a: Tensor, b: Tensor, c: Tensor) => {
          const image = tf.conv2d(a as Tensor4D, b as Tensor4D, 1, 'same');
          const y = block(image, c as Tensor4D);
          // Small ones: sums over all pixels have the rounding of numbers around 1.
          const weights = Float32Array.from({ length: y.size }, (_, i) => ((i % 7) - 3) / 1024);
          return y.mul(tf.tensor(weights, y.shape)).sum();
        };
        return tf.grads(weighted)([x, pointwise, depthwise]);
      }, 1e-4);
    });
  }
});
