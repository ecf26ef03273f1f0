import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { arrayOf } from '../../../test/support/both-backends.ts';
import { plain, smooth } from './testing-cases.ts';
import { property, type SealedProperty } from './testing-properties.ts';

type Row = readonly [kernel: string, compute: (x: Tensor4D) => Tensor | Tensor[]];

/** What else reads a pooled image, whose channels then stand first in the graph. */
const READERS: readonly Row[] = [
  ['Add', (x) => [tf.add(x, [1, 2, 3]), tf.add(x, tf.ones([2, 2, 1])), tf.add(2, x), tf.add(x, x)]],
  ['AddN', (x) => tf.addN([x, tf.neg(x), x])],
  ['ArgMax', (x) => [tf.argMax(x, -1), tf.argMax(x, 1)]],
  ['Cast', (x) => [tf.cast(x, 'int32'), tf.cast(x, 'bool')]],
  [
    'Concat',
    (x) => [
      tf.concat([x, tf.neg(x)], -1),
      tf.concat([x, x], 1),
      tf.concat([x, tf.ones([2, 2, 2, 1])], 3),
    ],
  ],
  ['GatherV2', (x) => tf.gather(x, [1, 0], 3)],
  ['Greater', (x) => tf.greater(x, [0, 1, -1])],
  ['LeakyRelu', (x) => tf.leakyRelu(x, 0.1)],
  ['Max', (x) => [tf.max(x), tf.max(x, [1, 2]), tf.max(x, [3]), tf.max(x, [0, 1, 2], true)]],
  ['Mean', (x) => [tf.mean(x, [1, 2]), tf.mean(x, [2, 3]), tf.mean(x, [1]), tf.mean(x, [0], true)]],
  ['Multiply', (x) => [tf.mul(x, [1, 2, 3]), tf.mul(x, tf.relu(x)), tf.mul(tf.onesLike(x), x)]],
  [
    'PadV2',
    (x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 1],
          [0, 3],
        ],
        2,
      ),
  ],
  ['Prelu', (x) => tf.prelu(x, [0.1, 0.2, 0.3])],
  ['RealDiv', (x) => [tf.div(x, [1, 2, 4]), tf.div(1, x)]],
  ['Reshape', (x) => [tf.reshape(x, [2, -1]), tf.reshape(x, [2, 4, 1, 3])]],
  ['Reverse', (x) => tf.reverse(x, [1, 3])],
  ['Select', (x) => tf.where(tf.greater(x, 0), x, tf.zerosLike(x))],
  ['Slice', (x) => [tf.slice(x, [0, 1, 0, 1], [2, 1, 2, 2]), tf.slice(x, [1], [1])]],
  ['Softmax', (x) => tf.softmax(x)],
  ['SplitV', (x) => tf.split(x, [1, 2], 3)],
  ['SquaredDifference', (x) => tf.squaredDifference(x, tf.mean(x, [0, 1, 2]))],
  [
    'Sum',
    (x) => [
      tf.sum(x),
      tf.sum(x, [0, 1, 2]),
      tf.sum(x, [1, 2], true),
      tf.sum(x, [0, 3]),
      tf.sum(x, [3]),
    ],
  ],
  ['Tile', (x) => tf.tile(x, [1, 2, 1, 2])],
  [
    'Transpose',
    (x) => [
      tf.transpose(x, [0, 3, 1, 2]),
      tf.transpose(x, [3, 0, 1, 2]),
      tf.transpose(x, [0, 2, 1, 3]),
    ],
  ],
  ['Unpack', (x) => tf.unstack(x, 3)],
];

/** The image after a pooling that leaves it as it is. */
const pooled = (x: Tensor) => tf.maxPool(x as Tensor4D, 1, 1, 'valid');

export const imageProperties: readonly SealedProperty[] = READERS.map(([kernel, compute]) =>
  property({
    kernel,
    of: 'channels first',
    cases: plain(arrayOf([2, 2, 2, 3])),
    runs: 2,
    compute: ([x]) => compute(pooled(x)),
  }),
);

const BORDER: [number, number][] = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];

/** Wider than a filter of 2 x 2 reaches. */
const WIDE_BORDER: [number, number][] = [
  [0, 0],
  [2, 1],
  [0, 3],
  [0, 0],
];

/**
 * Chains of readers, as nets make them: what one of them fuses must not be lost to another one that
 * reads it.
 */
const CHAINS: readonly Row[] = [
  ['Add', (x) => tf.relu(tf.add(tf.mul(tf.sub(x, tf.mean(x, [0, 1, 2])), [1, 2, 3]), [3, 2, 1]))],
  ['Concat', (x) => tf.sum(tf.mul(tf.concat([x, tf.square(x)], 3), [1, 2, 3, 4, 5, 6]), [1, 2])],
  [
    'Mean',
    (x) =>
      tf.div(
        tf.sub(x, tf.mean(x, [0, 1, 2])),
        tf.sqrt(tf.add(tf.mean(tf.square(x), [0, 1, 2]), 1)),
      ),
  ],
  ['PadV2', (x) => tf.conv2d(tf.pad(tf.relu(x), BORDER), tf.ones([2, 2, 3, 2]), 1, 'valid')],
  [
    'DepthwiseConv2dNative',
    (x) => [
      tf.depthwiseConv2d(tf.pad(tf.relu(x), BORDER), tf.ones([2, 2, 3, 1]), 1, 'valid'),
      tf.depthwiseConv2d(tf.pad(x, BORDER), tf.ones([3, 2, 3, 1]), 2, 'valid'),
      tf.depthwiseConv2d(tf.pad(x, WIDE_BORDER), tf.ones([2, 2, 3, 1]), 1, 'valid'),
    ],
  ],
];

export const chainProperties: readonly SealedProperty[] = CHAINS.map(([kernel, compute]) =>
  property({
    kernel,
    of: 'in a chain, channels first',
    cases: plain(smooth(0.1, 2, [2, 2, 2, 3])),
    runs: 2,
    compute: ([x]) => compute(pooled(x)),
    gradient: { cases: plain(smooth(0.1, 2, [1, 2, 2, 3])), runs: 1 },
  }),
);
