import type { Tensor, Tensor5D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { anyNumber, arrayOf, finiteNumber } from '../../../test/support/both-backends.ts';
import { type Case, property, type SealedProperty } from './testing-properties.ts';

type Triple = [number, number, number];

interface Convolution {
  readonly strides: Triple;
  readonly dilations: Triple;
  readonly pad: 'valid' | 'same';
}

const small = (max: number) => fc.integer({ min: 1, max });
const triple = (max: number) => fc.tuple(small(max), small(max), small(max));

interface Bounds {
  readonly dilation: number;
  /** Of what the volume is longer than the filter. */
  readonly extra: number;
  readonly numbers: fc.Arbitrary<number>;
}

/** A volume and a filter that fits on it. */
function convolutions({ dilation, extra, numbers }: Bounds): fc.Arbitrary<Case<Convolution>> {
  return fc
    .record({
      batch: small(2),
      channels: fc.tuple(small(3), small(3)),
      filter: triple(3),
      // tfjs allows strides or dilations, not both.
      spread: fc.oneof(
        fc.record({ strides: triple(3), dilations: fc.constant<Triple>([1, 1, 1]) }),
        fc.record({ strides: fc.constant<Triple>([1, 1, 1]), dilations: triple(dilation) }),
      ),
      extra: fc.tuple(...[0, 0, 0].map((min) => fc.integer({ min, max: extra }))),
      pad: fc.constantFrom('valid' as const, 'same' as const),
    })
    .chain(({ batch, channels: [inner, outer], filter, spread, extra: more, pad }) => {
      const reach = filter.map((length, i) => (length - 1) * spread.dilations[i]! + 1 + more[i]!);
      return fc.record({
        inputs: fc.tuple(
          arrayOf([batch, ...reach, inner], 'float32', numbers),
          arrayOf([...filter, inner, outer], 'float32', finiteNumber),
        ),
        attributes: fc.constant({ ...spread, pad }),
      });
    });
}

const convolve = (x: Tensor, filter: Tensor, { strides, pad, dilations }: Convolution) =>
  tf.conv3d(x as Tensor5D, filter as Tensor5D, strides, pad, 'NDHWC', dilations);

/** tfjs pads volumes by less than nothing where strides leave gaps; ONNX has no such pads. */
const hasGaps = ({ inputs: [, filter], attributes: { strides, pad } }: Case<Convolution>) =>
  pad === 'same' && strides.some((stride, i) => stride > filter!.shape[i]!);

const gradients: fc.Arbitrary<Case<Convolution>> = convolutions({ dilation: 1, extra: 3, numbers: finiteNumber });

export const volumeProperties: readonly SealedProperty[] = [
  property({
    kernel: 'Conv3D',
    cases: convolutions({ dilation: 2, extra: 3, numbers: finiteNumber }),
    runs: 15,
    mayFallBack: hasGaps,
    compute: ([x, filter], how) => convolve(x, filter, how),
    gradient: {
      cases: convolutions({ dilation: 1, extra: 1, numbers: fc.double({ min: -1, max: 1, noNaN: true }) }),
      runs: 2,
      tolerance: 0.02,
    },
  }),
  property({
    kernel: 'Conv3D',
    of: 'NaN and infinities',
    cases: convolutions({ dilation: 1, extra: 2, numbers: anyNumber }),
    mayFallBack: hasGaps,
    compute: ([x, filter], how) => convolve(x, filter, how),
  }),
  property({
    kernel: 'Conv3DBackpropInputV2',
    cases: gradients,
    runs: 15,
    mayFallBack: hasGaps,
    tolerance: { relative: 1e-4, absolute: 1e-4 },
    compute: ([x, filter], how) => tf.grad((volume) => tf.square(convolve(volume, filter, how)))(x),
  }),
  property({
    kernel: 'Conv3DBackpropFilterV2',
    cases: gradients,
    runs: 15,
    mayFallBack: hasGaps,
    tolerance: { relative: 1e-4, absolute: 1e-3 },
    compute: ([x, filter], how) => tf.grad((weights) => tf.square(convolve(x, weights, how)))(filter),
  }),
];
