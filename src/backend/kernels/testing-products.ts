import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { arrayOf, finiteNumber, type Sample } from '../../../test/support/both-backends.ts';
import { smooth } from './testing-cases.ts';
import { type Case, property, type SealedProperty } from './testing-properties.ts';

const small = (max: number) => fc.integer({ min: 1, max });

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

type Numbers = (shape: readonly number[]) => fc.Arbitrary<Sample>;

const finite: Numbers = (shape) => arrayOf(shape, 'float32', finiteNumber);

/** Factors that fit, either transposed, their batches broadcast. */
function factors(
  arrays: Numbers,
  batches: fc.Arbitrary<readonly [number[], number[]]>,
): fc.Arbitrary<Case<Transposes>> {
  const transposes = fc.record({ transposeA: fc.boolean(), transposeB: fc.boolean() });
  return fc
    .tuple(small(4), small(4), small(4), transposes, batches)
    .chain(([m, k, n, attributes, [before, after]]) =>
      fc.record({
        inputs: fc.tuple(
          arrays([...before, ...(attributes.transposeA ? [k, m] : [m, k])]),
          arrays([...after, ...(attributes.transposeB ? [n, k] : [k, n])]),
        ),
        attributes: fc.constant(attributes),
      }),
    );
}

const anyBatches = fc.constantFrom<readonly [number[], number[]]>(
  [[], []],
  [[2], [2]],
  [[2], [1]],
  [[1], [3]],
);
/** tfjs's own gradient of a product does not sum over batches that were broadcast. */
const equalBatches = fc.constantFrom<readonly [number[], number[]]>([[], []], [[2], [2]]);

const ACTIVATIONS = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const;
type ActivationName = (typeof ACTIVATIONS)[number];

const fusedFactors: fc.Arbitrary<Case<ActivationName>> = fc.record({
  inputs: fc.tuple(finite([2, 3]), finite([3, 2]), finite([2])),
  attributes: fc.constantFrom(...ACTIVATIONS),
});

export type Pad =
  | 'valid'
  | 'same'
  | [[number, number], [number, number], [number, number], [number, number]];

/** Every form that tfjs takes: by name, and in pixels before and after each axis. */
export const pads = fc.constantFrom<Pad>('valid', 'same', [
  [0, 0],
  [1, 0],
  [2, 1],
  [0, 0],
]);

interface Geometry {
  readonly strides: [number, number];
  readonly dilation: number;
  readonly pad: Pad;
}

/** A convolution that fits: image, filter and bias, and how the filter is laid on. */
const convolutions: fc.Arbitrary<Case<Geometry>> = fc
  .record({
    channels: fc.tuple(small(3), fc.oneof(small(4), fc.constantFrom(16, 17))),
    filter: fc.tuple(small(3), small(3)),
    strides: fc.tuple(small(2), small(2)),
    dilation: small(2),
    extra: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
    pad: pads,
  })
  .chain(
    ({
      channels: [inChannels, outChannels],
      filter: [rows, columns],
      strides,
      dilation,
      extra,
      pad,
    }) => {
      const size = [(rows - 1) * dilation + 1 + extra[0], (columns - 1) * dilation + 1 + extra[1]];
      return fc.record({
        inputs: fc.tuple(
          finite([2, ...size, inChannels]),
          finite([rows, columns, inChannels, outChannels]),
          finite([outChannels]),
        ),
        // tfjs allows strides or dilations, not both.
        attributes: fc.constant({
          strides: dilation > 1 ? ([1, 1] as [number, number]) : strides,
          dilation,
          pad,
        }),
      });
    },
  );

function convolve(x: Tensor, filter: Tensor, { strides, pad, dilation }: Geometry): Tensor4D {
  return tf.conv2d(x as Tensor4D, filter as Tensor4D, strides, pad, 'NHWC', dilation);
}

const smallConvolution: fc.Arbitrary<Case<Geometry>> = fc.record({
  inputs: fc.tuple(smooth(-1, 1, [1, 4, 3, 2]), smooth(-1, 1, [2, 2, 2, 2])),
  attributes: fc.record({
    strides: fc.constantFrom<[number, number]>([1, 1], [2, 1]),
    dilation: fc.constant(1),
    pad: fc.constantFrom<Pad>('same', 'valid'),
  }),
});

/** An image and a filter whose transposed convolution has this shape. */
const smallTransposed: fc.Arbitrary<Case<Geometry>> = fc.record({
  inputs: fc.tuple(smooth(-1, 1, [1, 2, 2, 2]), smooth(-1, 1, [2, 2, 1, 2])),
  attributes: fc.constant<Geometry>({ strides: [2, 2], dilation: 1, pad: 'same' }),
});

export const productProperties: readonly SealedProperty[] = [
  property({
    kernel: 'BatchMatMul',
    cases: factors(finite, anyBatches),
    runs: 20,
    compute: ([a, b], { transposeA, transposeB }) => tf.matMul(a, b, transposeA, transposeB),
    gradient: { cases: factors((shape) => smooth(-1, 1, shape), equalBatches) },
  }),
  property({
    kernel: '_FusedMatMul',
    cases: fusedFactors,
    runs: 12,
    compute: ([a, b, bias], activation) =>
      tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias, activation }),
  }),
  property({
    kernel: 'Conv2D',
    cases: convolutions,
    runs: 20,
    compute: ([x, filter], geometry) => convolve(x, filter, geometry),
    gradient: { cases: smallConvolution },
  }),
  property({
    kernel: 'FusedConv2D',
    cases: fc
      .tuple(convolutions, fc.constantFrom(...ACTIVATIONS))
      .map(([{ inputs, attributes }, activation]) => ({
        inputs,
        attributes: { ...attributes, activation },
      })),
    runs: 12,
    compute: ([x, filter, bias], { strides, pad, dilation: dilations, activation }) =>
      tf.fused.conv2d({
        x: x as Tensor4D,
        filter: filter as Tensor4D,
        strides,
        pad,
        dilations,
        bias: bias as Tensor1D,
        activation,
      }),
  }),
  property({
    kernel: 'Conv2DBackpropFilter',
    cases: convolutions,
    runs: 20,
    // tfjs itself has no gradient of a dilated convolution.
    compute: ([x, filter], geometry) =>
      tf.grad((weights) => convolve(x, weights, { ...geometry, dilation: 1 }))(filter),
  }),
  property({
    kernel: 'Conv2DBackpropInput',
    cases: convolutions,
    runs: 20,
    compute: ([x, filter], geometry) =>
      tf.grad((image) => convolve(image, filter, { ...geometry, dilation: 1 }))(x),
  }),
  property({
    kernel: 'Conv2DBackpropInput',
    of: 'as a transposed convolution',
    cases: smallTransposed,
    compute: ([x, filter], { strides }) =>
      tf.conv2dTranspose(x as Tensor4D, filter as Tensor4D, [1, 4, 4, 1], strides, 'same'),
    gradient: { cases: smallTransposed },
  }),
];
