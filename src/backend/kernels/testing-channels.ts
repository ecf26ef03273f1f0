import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { arrayOf } from '../../../test/support/both-backends.ts';
import { plain, smooth } from './testing-cases.ts';
import { type Case, property, type SealedProperty } from './testing-properties.ts';

/** How a depthwise convolution lies on its image. */
interface Depthwise {
  readonly strides: [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dilations: [number, number];
}

/**
 * Images and filters; channels fill a block of ONNX Runtime's, or do not, and have one filter each,
 * or more.
 */
const convolutions: fc.Arbitrary<Case<Depthwise>> = fc
  .record({
    batch: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 3, max: 7 }),
    width: fc.integer({ min: 3, max: 7 }),
    channels: fc.constantFrom(1, 3, 4, 16, 20),
    multiplier: fc.constantFrom(1, 1, 1, 2),
    filter: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    step: fc.constantFrom<[strides: [number, number], dilations: [number, number]][]>(
      ...([
        [
          [1, 1],
          [1, 1],
        ],
        [
          [2, 2],
          [1, 1],
        ],
        [
          [1, 1],
          [2, 2],
        ],
      ] as [[number, number], [number, number]][]),
    ),
    pad: fc.constantFrom<Depthwise['pad'][]>('valid', 'same', 1),
  })
  .filter(({ height, width, filter, step: [, [down, along]], pad }) => {
    const room = pad === 'valid' ? 0 : 2;
    return (filter[0] - 1) * down < height + room && (filter[1] - 1) * along < width + room;
  })
  .filter(({ filter, pad }) => pad !== 1 || (filter[0] > 1 && filter[1] > 1))
  .chain(
    ({ batch, height, width, channels, multiplier, filter, step: [strides, dilations], pad }) =>
      fc.record({
        inputs: fc.tuple(
          arrayOf([batch, height, width, channels], 'float32'),
          arrayOf([...filter, channels, multiplier], 'float32', fc.integer({ min: -2, max: 2 })),
        ),
        attributes: fc.constant({ strides, pad, dilations }),
      }),
  );

function convolve(x: Tensor, filter: Tensor, { strides, pad, dilations }: Depthwise): Tensor {
  return tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, strides, pad, 'NHWC', dilations);
}

/** tfjs's gradients know no dilation. */
const undilated = convolutions.filter(({ attributes: { dilations } }) => dilations[0] === 1);
const finite = undilated.map(({ inputs, attributes }) => ({
  inputs: inputs.map((input) => ({
    ...input,
    values: input.values.map((value) => (Math.abs(value) < 9 ? value : 1)),
  })),
  attributes,
}));
const slope = {
  cases: finite.map(({ inputs, attributes }) => ({
    inputs: [
      { ...inputs[0]!, shape: [1, 3, 3, 1], values: inputs[0]!.values.slice(0, 9) },
      {
        ...inputs[1]!,
        shape: [1, 2, 1, 1],
        values: [1, -0.5],
      },
    ],
    attributes: { ...attributes, pad: 'valid' as const },
  })),
};

function backprop([x, filter]: readonly Tensor[], attributes: Depthwise): Tensor[] {
  return tf.grads((image: Tensor, taps: Tensor) =>
    tf.square(convolve(image, taps, attributes)).sum(),
  )([x as Tensor, filter as Tensor]);
}

const depthwise: readonly SealedProperty[] = [
  property({
    kernel: 'DepthwiseConv2dNative',
    cases: convolutions,
    runs: 12,
    compute: ([x, filter], attributes) => convolve(x, filter, attributes),
    gradient: slope,
  }),
  property({
    kernel: 'DepthwiseConv2dNativeBackpropInput',
    cases: finite,
    runs: 12,
    compute: (inputs, attributes) => backprop(inputs, attributes)[0]!,
  }),
  property({
    kernel: 'DepthwiseConv2dNativeBackpropFilter',
    cases: finite,
    runs: 12,
    compute: (inputs, attributes) => backprop(inputs, attributes)[1]!,
  }),
  property({
    kernel: 'FusedDepthwiseConv2D',
    cases: convolutions,
    runs: 8,
    compute: ([x, filter], { strides, pad, dilations }) =>
      tf.fused.depthwiseConv2d({
        x: x as Tensor4D,
        filter: filter as Tensor4D,
        bias: tf.range(0, x.shape[3]! * filter.shape[3]!).div(4),
        activation: 'relu6',
        strides,
        pad,
        dilations,
      }),
  }),
];

const CHANNELS = 3;
const perChannel = (min: number, max: number) => smooth(min, max, [CHANNELS]);
const image = smooth(-2, 3, [2, 3, 2, CHANNELS]);

/** Normalises by the batch's own mean and variance, as tfjs-layers does in training. */
function normalised(x: Tensor, offset: Tensor | undefined, scale: Tensor | undefined): Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(
    x as Tensor4D,
    mean as Tensor1D,
    variance as Tensor1D,
    offset as Tensor1D,
    scale as Tensor1D,
    0.001,
  );
}

const batchNorm: readonly SealedProperty[] = [
  property({
    kernel: 'FusedBatchNorm',
    cases: plain(
      image,
      perChannel(-1, 1),
      perChannel(0.1, 3),
      perChannel(-1, 1),
      perChannel(0.5, 2),
    ),
    runs: 4,
    compute: (inputs) => {
      const [x, mean, variance, offset, scale] = inputs as readonly Tensor[] as [
        Tensor4D,
        ...Tensor1D[],
      ];
      return tf.batchNorm(x, mean!, variance!, offset, scale);
    },
    gradient: {
      cases: plain(
        smooth(-1, 1, [1, 2, 1, 2]),
        ...[0, 1, 0, 1].map((least) => smooth(least, least + 0.5, [2])),
      ),
    },
  }),
  property({
    kernel: 'FusedBatchNorm',
    of: 'without scale or offset',
    cases: plain(image, perChannel(-1, 1), perChannel(0.1, 3), perChannel(-1, 1)),
    runs: 2,
    compute: (inputs) => {
      const [x, mean, variance, vector] = inputs as readonly Tensor[] as [Tensor4D, ...Tensor1D[]];
      return [
        tf.batchNorm(x, mean!, variance!, undefined, vector, 0.1),
        tf.batchNorm(x, mean!, variance!, vector),
        tf.batchNorm(x, mean!, variance!),
      ];
    },
  }),
  property({
    kernel: 'FusedBatchNorm',
    of: 'in training, with its statistics',
    cases: plain(image, perChannel(-1, 1), perChannel(0.5, 2)),
    runs: 4,
    compute: ([x, offset, scale]) => {
      const { mean, variance } = tf.moments(convolved(x), [0, 1, 2]);
      return [
        normalised(convolved(x), offset, scale),
        mean,
        variance,
        normalised(convolved(x), undefined, scale),
      ];
    },
  }),
  property({
    kernel: 'FusedBatchNorm',
    of: 'of the batch itself',
    cases: plain(image, perChannel(-1, 1), perChannel(0.5, 2)),
    runs: 2,
    compute: ([x, offset, scale]) => normalised(x, offset, scale),
    gradient: {
      cases: plain(smooth(-1, 1, [1, 2, 2, CHANNELS]), perChannel(-1, 1), perChannel(0.5, 2)),
      tolerance: 0.03,
    },
  }),
  property({
    kernel: 'FusedBatchNorm',
    of: 'its gradients in training, below a ReLU and beside a sum',
    cases: plain(image, perChannel(-1, 1), perChannel(0.5, 2)),
    runs: 4,
    tolerance: { relative: 1e-3, absolute: 1e-4 },
    compute: (inputs) => {
      const [x, offset, scale] = inputs as readonly Tensor[] as [Tensor, Tensor, Tensor];
      const loss = (a: Tensor, b: Tensor, c: Tensor) => {
        const y = tf.relu(normalised(convolved(a), b, c));
        const z = normalised(convolved(y), b, c);
        return tf.add(z, convolved(a)).mul(tf.range(0, x.size).reshape(x.shape).sin()).sum();
      };
      return tf.grads(loss)([x, offset, scale]);
    },
  }),
];

/**
 * The image after a convolution that leaves it as it is, whose channels then stand first in the
 * graph.
 */
function convolved(x: Tensor): Tensor {
  return tf.conv2d(
    x as Tensor4D,
    tf.eye(CHANNELS).reshape([1, 1, CHANNELS, CHANNELS]) as Tensor4D,
    1,
    'valid',
  );
}

export const channelProperties: readonly SealedProperty[] = [...depthwise, ...batchNorm];
