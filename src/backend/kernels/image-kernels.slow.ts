import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  arrayOf,
  assertAgrees,
  computeOn,
  finiteNumber,
  type Sample,
  startBackends,
  tensorOf,
  warnings,
} from '../../../test/support/both-backends.ts';
import { type Pad, pads } from './testing-products.ts';

before(() => startBackends());

const small = (max: number) => fc.integer({ min: 1, max });

/**
 * A convolution that fits: image, filter, bias, the output's gradient, and how the filter is laid
 * on.
 */
const convolutionsOf = (numbers: fc.Arbitrary<number>) =>
  fc
    .record({
      batch: small(3),
      inChannels: fc.oneof(small(3), fc.constant(16)),
      // Above a block of 8 or 16 channels the blocked convolution takes over.
      outChannels: fc.oneof(small(4), fc.constantFrom(16, 17, 24)),
      filter: fc.tuple(small(3), small(3)),
      strides: fc.tuple(small(2), small(2)),
      dilation: small(2),
      extra: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })),
      pad: pads,
    })
    .chain(
      ({
        batch,
        inChannels,
        outChannels,
        filter: [rows, columns],
        strides,
        dilation,
        extra,
        pad,
      }) => {
        const height = (rows - 1) * dilation + 1 + extra[0];
        const width = (columns - 1) * dilation + 1 + extra[1];
        // tfjs allows strides or dilations, not both.
        const usedStrides = dilation > 1 ? ([1, 1] as [number, number]) : strides;
        const image: [number, number, number, number] = [batch, height, width, inChannels];
        const filter: [number, number, number, number] = [rows, columns, inChannels, outChannels];
        const { outShape } = tf.backend_util.computeConv2DInfo(
          image,
          filter,
          usedStrides,
          dilation,
          pad,
        );
        return fc.record({
          x: arrayOf(image, 'float32', numbers),
          filter: arrayOf(filter, 'float32', numbers),
          bias: arrayOf([outChannels], 'float32', numbers),
          dy: arrayOf(outShape, 'float32', numbers),
          geometry: fc.constant({ strides: usedStrides, dilation, pad }),
        });
      },
    );

const convolutions = convolutionsOf(finiteNumber);
/** Whole numbers, whose sums are exact, so that both backends see the same maxima as equal. */
const exactConvolutions = convolutionsOf(fc.integer({ min: -3, max: 3 }));

interface Convolution {
  readonly x: Sample;
  readonly filter: Sample;
  readonly geometry: { strides: [number, number]; dilation: number; pad: Pad };
}

function convolve(
  { geometry: { strides, pad, dilation } }: Convolution,
  x: Tensor,
  filter: Tensor,
): Tensor4D {
  return tf.conv2d(x as Tensor4D, filter as Tensor4D, strides, pad, 'NHWC', dilation);
}

describe('convolutions agree with the cpu backend', () => {
  it('with a bias added, which is fused into the convolution, and a ReLU', () => {
    fc.assert(
      fc.property(convolutions, (c) =>
        assertAgrees(() => {
          const sum = tf.add(convolve(c, tensorOf(c.x), tensorOf(c.filter)), tensorOf(c.bias));
          return [sum, tf.relu(sum)];
        }),
      ),
      { numRuns: 20 },
    );
  });
  it('gradients by image, filter and bias', () => {
    fc.assert(
      fc.property(convolutions, (c) => {
        // tfjs itself has no gradient of a dilated convolution.
        fc.pre(c.geometry.dilation === 1);
        assertAgrees(() => {
          const f = (x: Tensor, filter: Tensor, bias: Tensor) =>
            tf.add(convolve(c, x, filter), bias);
          return tf.grads(f)([tensorOf(c.x), tensorOf(c.filter), tensorOf(c.bias)], tensorOf(c.dy));
        });
      }),
      { numRuns: 60 },
    );
  });
  it('gradients on maps so large that the filter gradient is folded, odd sizes too', () => {
    for (const [height, width] of [
      [34, 36],
      [37, 35],
      [33, 34],
    ] as const) {
      const x = ramp([2, height + 2, width + 4, 3]);
      const filter = ramp([3, 5, 3, 4]);
      const dy = ramp([2, height, width, 4]);
      const f = (image: Tensor, weights: Tensor) =>
        tf.conv2d(image as Tensor4D, weights as Tensor4D, 1, 'valid');
      // The cpu backend adds thousands of products up in double precision.
      assertAgrees(() => tf.grads(f)([tensorOf(x), tensorOf(filter)], tensorOf(dy)), 2e-4);
    }
  });
  it('gradients of batches so large that the filter gradient is computed in strips, the last one short', () => {
    for (const [batch, rows, outChannels] of [
      [16, 16, 16],
      [16, 19, 20],
      [32, 25, 24],
    ] as const) {
      const x = ramp([batch, rows + 4, 9, 2]);
      const filter = ramp([5, 3, 2, outChannels]);
      const dy = ramp([batch, rows, 7, outChannels]);
      const f = (image: Tensor, weights: Tensor) =>
        tf.conv2d(image as Tensor4D, weights as Tensor4D, 1, 'valid');
      assertAgrees(() => tf.grads(f)([tensorOf(x), tensorOf(filter)], tensorOf(dy)), 2e-4);
    }
  });
  it('gradients so large that the filter gradient is a product for each tap or one for all, of each image or of the batch, with strides, pads and pixels left out', () => {
    for (const { image, filter, stride, pad } of [
      { image: [4, 64, 130, 2], filter: [3, 3, 2, 16], stride: 1, pad: 'same' },
      { image: [4, 64, 130, 17], filter: [3, 3, 17, 16], stride: 1, pad: 'same' },
      { image: [2, 48, 48, 3], filter: [7, 7, 3, 464], stride: 2, pad: 'same' },
      { image: [4, 130, 260, 2], filter: [3, 3, 2, 16], stride: 2, pad: 'same' },
      { image: [4, 132, 262, 1], filter: [3, 2, 1, 17], stride: 2, pad: 'valid' },
      { image: [32, 9, 8, 32], filter: [3, 3, 32, 64], stride: 1, pad: 'same' },
      { image: [64, 12, 12, 32], filter: [3, 3, 32, 64], stride: 2, pad: 'same' },
      { image: [64, 13, 13, 33], filter: [3, 2, 33, 64], stride: 2, pad: 'valid' },
      {
        image: [8, 200, 126, 2],
        filter: [2, 3, 2, 24],
        stride: 3,
        pad: [
          [0, 0],
          [1, 0],
          [2, 1],
          [0, 0],
        ],
      },
    ] as const) {
      const f = (x: Tensor, weights: Tensor) =>
        tf.conv2d(x as Tensor4D, weights as Tensor4D, stride, pad as Pad);
      const { outShape } = tf.backend_util.computeConv2DInfo(
        [...image],
        [...filter],
        stride,
        1,
        pad as Pad,
      );
      const samples = [ramp(image), ramp(filter), ramp(outShape)] as const;
      assertAgrees(
        () => tf.grads(f)([tensorOf(samples[0]), tensorOf(samples[1])], tensorOf(samples[2])),
        2e-4,
      );
    }
  });
});

/** Numbers without a pattern, from -1 to 1, all different. */
function ramp(shape: readonly number[]): Sample {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Array.from(
    { length: size },
    (_, i) => Math.fround(((i * 7919) % size) / size) * 2 - 1,
  );
  return { shape, dtype: 'float32', values };
}

describe('max-pooling agrees with the cpu backend', () => {
  it('gives the gradient to the first of equal maxima', () => {
    const x: Sample = {
      shape: [1, 4, 4, 1],
      dtype: 'float32',
      values: [1, 1, 2, 0, 1, 1, 2, 2, 0, 0, 3, 3, 0, 0, 3, 3],
    };
    assertAgrees(() =>
      tf.grad((image) => tf.square(tf.maxPool(image as Tensor4D, 2, 2, 'valid')))(tensorOf(x)),
    );
  });
});

describe('the gradient of a ReLU agrees with the cpu backend', () => {
  const relu = (x: Tensor) => tf.relu(x);
  it('alone, where the mask is laid on directly, NaN staying NaN', () => {
    const x: Sample = {
      shape: [5],
      dtype: 'float32',
      values: [-1, 0, 2, Number.NaN, Number.POSITIVE_INFINITY],
    };
    assertAgrees(() => tf.grad((v) => tf.mul(relu(v), relu(v)))(tensorOf(x)));
  });
  it('of arrays that broadcast into a product afterwards', () => {
    assertAgrees(() =>
      tf.grads((a, b) => tf.mul(relu(a!), b!))([tensorOf(ramp([3, 1, 2])), tensorOf(ramp([4, 2]))]),
    );
  });
  it('below a max-pooling and above a convolution, where mask, pooling and bias gradient are taken together', () => {
    fc.assert(
      fc.property(exactConvolutions, (c) => {
        const [, height = 0, width = 0] = c.dy.shape;
        fc.pre(c.geometry.dilation === 1 && height >= 2 && width >= 2);
        assertAgrees(() => {
          const f = (x: Tensor, filter: Tensor, bias: Tensor) =>
            tf.maxPool(relu(tf.add(convolve(c, x, filter), bias)) as Tensor4D, 2, 2, 'valid');
          return tf.grads(f)([tensorOf(c.x), tensorOf(c.filter), tensorOf(c.bias)]);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('gradients agree with finite differences', () => {
  it('of a small convolutional net, by image, filter and bias', () => {
    const inputs = [ramp([1, 6, 6, 2]), ramp([3, 3, 2, 3]), ramp([3])];
    const f = (x: Tensor, filter: Tensor, bias: Tensor): tf.Scalar => {
      const maps = tf.relu(
        tf.add(tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, 'valid'), bias),
      ) as Tensor4D;
      return tf.sum(tf.square(tf.maxPool(maps, 2, 2, 'valid'))) as tf.Scalar;
    };
    const gradients = computeOn('onnxruntime', () => tf.grads(f)(inputs.map(tensorOf)));
    for (const [i, input] of inputs.entries()) {
      const h = 1e-2;
      for (const j of [0, 1, (input.values.length >> 1) | 0, input.values.length - 1]) {
        const shifted = (by: number) => {
          const values = input.values.map((value, k) => (k === j ? value + by : value));
          const [result] = computeOn('onnxruntime', () =>
            f(
              ...(inputs.map((sample, k) => tensorOf(k === i ? { ...sample, values } : sample)) as [
                Tensor,
                Tensor,
                Tensor,
              ]),
            ),
          );
          return result!.values[0] as number;
        };
        const difference = (shifted(h) - shifted(-h)) / (2 * h);
        const gradient = gradients[i]!.values[j] as number;
        assert.ok(
          Math.abs(gradient - difference) <= 0.02 * Math.max(1, Math.abs(difference)),
          `input ${i}, element ${j}: ${gradient} against ${difference}`,
        );
      }
    }
  });
});

it('No kernel above ran on the cpu backend', () => assert.deepEqual(warnings, []));
