import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { assertAgrees, startBackends, warnings } from '../../../test/support/both-backends.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';

before(() => startBackends());

interface Net {
  readonly size: readonly [height: number, width: number];
  readonly filter: readonly [height: number, width: number];
  /** Channels of the image, and of the convolved one. */
  readonly channels: readonly [before: number, after: number];
  readonly pad: 'valid' | 'same';
}

/**
 * Large enough to be folded; whole numbers, whose sums are exact, so that maxima tie, and on both
 * backends alike.
 */
function inputsOf({ size, filter, channels }: Net): {
  x: Tensor4D;
  filter: Tensor4D;
  bias: Tensor;
} {
  const numbers = linearCongruential(5);
  const whole = (shape: number[]) =>
    tf.tensor(
      numbers(tf.util.sizeFromShape(shape), 2).map(Math.round),
      shape as [number],
    ) as Tensor as Tensor4D;
  const [before, after] = channels;
  return {
    x: whole([2, ...size, before]),
    filter: whole([...filter, before, after]),
    bias: whole([after]),
  };
}

type Block = (x: Tensor4D, filter: Tensor4D, bias: Tensor) => Tensor;

const orders: Readonly<Record<string, (pad: Net['pad']) => Block>> = {
  'ReLU, then pooling': (pad) => (x, filter, bias) =>
    tf.maxPool(tf.relu(tf.conv2d(x, filter, 1, pad).add(bias)) as Tensor4D, 2, 2, 'valid'),
  'linear with its bias in one, ReLU, then pooling': (pad) => (x, filter, bias) =>
    tf.maxPool(tf.relu(tf.fused.conv2d({ x, filter, bias, strides: 1, pad })), 2, 2, 'valid'),
  'pooling, then ReLU': (pad) => (x, filter, bias) =>
    tf.relu(tf.maxPool(tf.conv2d(x, filter, 1, pad).add(bias) as Tensor4D, 2, 2, 'valid')),
  'pooling alone, and no bias': (pad) => (x, filter, bias) =>
    tf.maxPool(tf.conv2d(x, filter, 1, pad), 2, 2, 'valid').add(bias),
};

const nets: readonly Net[] = [
  { size: [38, 40], filter: [7, 7], channels: [2, 6], pad: 'valid' },
  { size: [39, 41], filter: [7, 7], channels: [2, 16], pad: 'valid' },
  { size: [33, 36], filter: [6, 7], channels: [2, 3], pad: 'same' },
  // Enough channels before, and whole pairs of taps: the image's gradient is gathered in blocks.
  { size: [39, 40], filter: [7, 5], channels: [6, 8], pad: 'valid' },
  { size: [34, 35], filter: [5, 7], channels: [4, 4], pad: 'same' },
];

describe('a convolution, folded into the pooling after it, agrees with the cpu backend', () => {
  for (const [order, blockOf] of Object.entries(orders)) {
    for (const net of nets) {
      it(`${order}: ${net.channels.join(' to ')} channels by ${net.filter} on ${net.size}, ${net.pad}`, () => {
        const block = blockOf(net.pad);
        assertAgrees(() => {
          const { x, filter, bias } = inputsOf(net);
          const weighted = (a: Tensor, b: Tensor, c: Tensor) => {
            const y = block(a as Tensor4D, b as Tensor4D, c);
            const weights = Float32Array.from({ length: y.size }, (_, i) => i % 7);
            return y.mul(tf.tensor(weights, y.shape)).sum();
          };
          // Nobody holds what is inside of the block, so that it may stay unwritten.
          return [tf.tidy(() => block(x, filter, bias)), ...tf.grads(weighted)([x, filter, bias])];
        });
      });
    }
  }

  it('fused outside of training, and read by others too', () => {
    const [net] = nets as [Net];
    assertAgrees(() => {
      const { x, filter, bias } = inputsOf(net);
      const fused = () =>
        tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'valid', activation: 'relu' });
      const read = fused();
      return [
        tf.maxPool(fused(), 2, 2, 'valid'),
        tf.maxPool(read, 2, 2, 'valid'),
        read.mean([1, 2]),
      ];
    });
    assert.deepEqual(warnings, []);
  });
});
