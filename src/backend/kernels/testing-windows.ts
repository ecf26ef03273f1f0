import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { arrayOf, finiteNumber } from '../../../test/both-backends.ts';
import { distinct } from './testing-cases.ts';
import { type Case, property, type SealedProperty } from './testing-properties.ts';

const small = (max: number) => fc.integer({ min: 1, max });

interface Pooling {
  readonly window: [number, number];
  readonly strides: [number, number];
  readonly pad: 'valid' | 'same';
}

const pooling: fc.Arbitrary<Pooling> = fc.record({
  window: fc.tuple(small(3), small(3)),
  strides: fc.tuple(small(3), small(3)),
  pad: fc.constantFrom('valid', 'same'),
});

/** Images and windows that overlap, or leave gaps. */
const poolings: fc.Arbitrary<Case<Pooling>> = fc
  .tuple(small(2), fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 }), small(3))
  .chain((shape) => fc.record({ inputs: fc.tuple(arrayOf(shape, 'float32', finiteNumber)), attributes: pooling }));

const smallPoolings: fc.Arbitrary<Case<Pooling>> = fc.record({
  inputs: fc.tuple(distinct([1, 4, 4, 1])),
  attributes: pooling,
});

const maxPool = (x: Tensor, { window, strides, pad }: Pooling) => tf.maxPool(x as Tensor4D, window, strides, pad);

export const windowProperties: readonly SealedProperty[] = [
  property({
    kernel: 'MaxPool',
    cases: poolings,
    runs: 12,
    compute: ([x], how) => maxPool(x, how),
    gradient: { cases: smallPoolings },
  }),
  property({
    kernel: 'MaxPoolGrad',
    cases: poolings,
    runs: 20,
    compute: ([x], how) => tf.grad((image) => tf.square(maxPool(image, how)))(x),
  }),
];
