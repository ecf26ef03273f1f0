import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { anyNumber, arrayOf, type Sample } from '../../../test/support/both-backends.ts';
import { distinct } from './testing-cases.ts';
import { type Case, EXACT, property, type SealedProperty } from './testing-properties.ts';

interface Pooling {
  /** Rows and columns. */
  readonly window: number[];
  readonly strides: number[];
  readonly pad: 'valid' | 'same' | number | [number, number][];
  readonly rounding: 'floor' | 'ceil' | undefined;
}

/**
 * Few different numbers, so that maxima tie, and NaN and both infinities, alone in a window, too.
 */
const tying = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1, max: 2 }) },
  { weight: 2, arbitrary: anyNumber },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY) },
);

const pads = (): fc.Arbitrary<Pick<Pooling, 'pad' | 'rounding'>> => {
  const explicit: [number, number][] = [
    [0, 0],
    [1, 0],
    [0, 1],
    [0, 0],
  ];
  return fc.oneof(
    fc.record({
      pad: fc.constantFrom<Pooling['pad'][]>('valid', 'same', explicit),
      rounding: fc.constant(undefined),
    }),
    fc.record({ pad: fc.constant(1), rounding: fc.constant('floor' as const) }),
  );
};

/** Images, and windows that overlap, fill it or leave gaps. */
function images(numbers: fc.Arbitrary<number>): fc.Arbitrary<Case<Pooling>> {
  return geometries(8).chain(({ shape, ...how }) =>
    fc.record({
      inputs: fc.tuple(arrayOf(shape, 'float32', numbers)),
      attributes: fc.constant(how),
    }),
  );
}

function geometries(longest: number): fc.Arbitrary<Pooling & { shape: number[] }> {
  const each = (min: number, max: number) =>
    fc.array(fc.integer({ min, max }), { minLength: 2, maxLength: 2 });
  return fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      spatial: each(3, longest),
      channels: fc.integer({ min: 1, max: 3 }),
      window: each(1, 3),
      strides: each(1, 3),
      how: pads(),
    })
    .map(({ batch, spatial, channels, window, strides, how }) => ({
      shape: [batch, ...spatial, channels],
      // A window must not lie on padding alone. tfjs counts windows by the first axis alone where
      // the pad is a number.
      window: window.map((size) =>
        Math.max(how.pad === 1 ? window[0]! : size, how.pad === 'valid' ? 1 : 2),
      ),
      strides: strides.map((stride) => (how.pad === 1 ? strides[0]! : stride)),
      ...how,
    }));
}

/** Distinct numbers, for gradients of maxima. */
function smallPoolings(shape: readonly number[]): fc.Arbitrary<Case<Pooling>> {
  return geometries(3).chain(({ shape: _, ...how }) =>
    fc.record({ inputs: fc.tuple(distinct(shape)), attributes: fc.constant(how) }),
  );
}

/**
 * The same without padding: tfjs's gradient of a mean takes padding for a part of it, its mean does
 * not.
 */
function unpaddedPoolings(shape: readonly number[]): fc.Arbitrary<Case<Pooling>> {
  return smallPoolings(shape).map(({ inputs, attributes }) => ({
    inputs,
    attributes: { ...attributes, pad: 'valid' as const, rounding: undefined },
  }));
}

type Pair = [number, number];

const maxPool = (x: Tensor, { window, strides, pad, rounding }: Pooling): Tensor =>
  tf.maxPool(x as Tensor4D, window as Pair, strides as Pair, pad as 'valid', rounding);

const avgPool = (x: Tensor, { window, strides, pad, rounding }: Pooling): Tensor =>
  tf.avgPool(x as Tensor4D, window as Pair, strides as Pair, pad as 'valid', rounding);

/** The gradient of a sum in which each result counts differently. */
function gradientOf(pool: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  return tf.grad((x) => {
    const y = pool(x);
    const weights = Array.from({ length: y.size }, (_, i) => 1 + Math.sin(i));
    return tf.mul(y, tf.tensor(weights, y.shape));
  });
}

/** Large enough to go through in blocks of planes, whose number is not a power of two. */
const manyPlanes: Case<Pooling> = {
  inputs: [repeating([3, 62, 66, 31])],
  attributes: { window: [3, 3], strides: [2, 2], pad: 'same', rounding: undefined },
};

/** The last window in either direction reaches beyond the padding. */
const roundedUp: Case<Pooling> = {
  inputs: [repeating([2, 4, 6, 3])],
  attributes: { window: [3, 3], strides: [2, 2], pad: 1, rounding: 'ceil' },
};

function repeating(shape: readonly number[]): Sample {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    shape,
    dtype: 'float32',
    values: Array.from({ length: size }, (_, i) => (i * 7919) % 23),
  };
}

export const windowProperties: readonly SealedProperty[] = [
  property({
    kernel: 'MaxPool',
    examples: [roundedUp],
    cases: images(tying),
    runs: 20,
    tolerance: EXACT,
    compute: ([x], how) => maxPool(x, how),
    gradient: { cases: smallPoolings([1, 4, 4, 1]) },
  }),
  property({
    kernel: 'MaxPoolGrad',
    cases: images(tying),
    examples: [manyPlanes],
    runs: 40,
    compute: ([x], how) => gradientOf((image) => maxPool(image, how))(x),
  }),
  property({
    kernel: 'AvgPool',
    examples: [roundedUp],
    cases: images(anyNumber),
    runs: 12,
    compute: ([x], how) => avgPool(x, how),
    gradient: { cases: unpaddedPoolings([1, 4, 4, 1]) },
  }),
  property({
    kernel: 'AvgPoolGrad',
    cases: images(anyNumber),
    runs: 20,
    compute: ([x], how) => gradientOf((image) => avgPool(image, how))(x),
  }),
];
