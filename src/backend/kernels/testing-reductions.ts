import type { DataType, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { arrayOf, type Sample } from '../../../test/support/both-backends.ts';
import { distinct, fullShapes, shapes, smooth } from './testing-cases.ts';
import {
  type Case,
  EXACT,
  property,
  type SealedProperty,
  type Tolerance,
} from './testing-properties.ts';

interface Along {
  readonly axes: number[];
  readonly keepDims: boolean;
}

/** An array of one to four axes, and some of its axes. */
function alongAxes(dtype: DataType, numbers?: fc.Arbitrary<number>): fc.Arbitrary<Case<Along>> {
  return fc.oneof({ weight: 6, arbitrary: fullShapes(1, 4, 3) }, shapes(1, 3)).chain((shape) =>
    fc.record({
      inputs: fc.tuple(arrayOf(shape, dtype, numbers)),
      attributes: fc.record({
        axes: fc.subarray(
          shape.map((_, axis) => axis),
          { minLength: 1 },
        ),
        keepDims: fc.boolean(),
      }),
    }),
  );
}

/** Rows in which NaN, the infinities and nothing at all meet. */
function awkwardRows(dtype: DataType): Sample {
  if (dtype !== 'float32') return { shape: [2, 2], dtype, values: [0, 1, 0, 0] };
  const rows = [
    [Number.NaN, 1, 2],
    [1, Number.NaN, 2],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [-0, 0, -0],
    [Number.POSITIVE_INFINITY, 1, 0],
  ];
  return { shape: [rows.length, 3], dtype, values: rows.flat() };
}

/** For a gradient: along either axis of a matrix, or both. */
function alongMatrix(matrices: fc.Arbitrary<Sample>): fc.Arbitrary<Case<Along>> {
  return fc.record({
    inputs: fc.tuple(matrices),
    attributes: fc.record({ axes: fc.constantFrom([0], [1], [0, 1]), keepDims: fc.boolean() }),
  });
}

type Reduce = (x: Tensor, axes: number[], keepDims: boolean) => Tensor;
type Row = readonly [
  kernel: string,
  reduce: Reduce,
  types: readonly DataType[],
  tolerance?: Tolerance,
];

const REDUCTIONS: readonly Row[] = [
  ['Sum', tf.sum, ['float32', 'int32', 'bool']],
  ['Mean', tf.mean, ['float32', 'int32', 'bool']],
  ['Prod', tf.prod, ['float32', 'int32']],
  ['Max', tf.max, ['float32', 'int32'], EXACT],
  ['Min', tf.min, ['float32', 'int32'], EXACT],
  ['All', tf.all, ['bool'], EXACT],
  ['Any', tf.any, ['bool'], EXACT],
];

/** An array and one of its axes. */
function alongAxis(dtype: DataType, numbers?: fc.Arbitrary<number>): fc.Arbitrary<Case<number>> {
  return fullShapes(1, 4).chain((shape) =>
    fc.record({
      inputs: fc.tuple(arrayOf(shape, dtype, numbers)),
      attributes: fc.integer({ min: -shape.length, max: shape.length - 1 }),
    }),
  );
}

const rows = (numbers?: fc.Arbitrary<number>): fc.Arbitrary<Case<undefined>> =>
  fullShapes(1, 3).chain((shape) =>
    fc.record({
      inputs: fc.tuple(arrayOf(shape, 'float32', numbers)),
      attributes: fc.constant(undefined),
    }),
  );

export const reductionProperties: readonly SealedProperty[] = [
  ...REDUCTIONS.flatMap(([kernel, reduce, types, tolerance]) =>
    types.map((dtype) =>
      property({
        kernel,
        of: dtype,
        // The product of many integers leaves what cpu's doubles hold exactly.
        cases: alongAxes(
          dtype,
          dtype === 'int32' && kernel === 'Prod' ? fc.constantFrom(-2, -1, 1, 2, 3) : undefined,
        ),
        examples: [0, 1].map((axis) => ({
          inputs: [awkwardRows(dtype)],
          attributes: { axes: [axis], keepDims: false },
        })),
        compute: ([x], { axes, keepDims }) => reduce(x, axes, keepDims),
        ...(tolerance && { tolerance }),
        ...(dtype === 'float32' && {
          gradient: {
            cases: alongMatrix(kernel === 'Prod' ? smooth(0.5, 2) : distinct([2, 3])),
            // The gradient of a product is computed from running products.
            mayFallBack: kernel === 'Prod',
          },
        }),
      }),
    ),
  ),
  ...(['float32', 'int32'] as const).flatMap((dtype) =>
    (['argMax', 'argMin'] as const).map((name) =>
      property({
        kernel: name === 'argMax' ? 'ArgMax' : 'ArgMin',
        of: dtype,
        cases: alongAxis(dtype),
        runs: 8,
        examples: [0, 1].map((axis) => ({ inputs: [awkwardRows(dtype)], attributes: axis })),
        compute: ([x], axis) => (name === 'argMax' ? tf.argMax(x, axis) : tf.argMin(x, axis)),
        tolerance: EXACT,
        ...(dtype === 'float32' && {
          gradient: { cases: distinct([2, 3]).map((x) => ({ inputs: [x], attributes: 1 })) },
        }),
      }),
    ),
  ),
  property({
    kernel: 'Softmax',
    cases: rows(),
    compute: ([x]) => tf.softmax(x),
    gradient: { cases: smooth(-1, 1).map((x) => ({ inputs: [x], attributes: undefined })) },
  }),
];
