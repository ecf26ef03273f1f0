import type { DataType, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { arrayOf } from '../../../test/support/both-backends.ts';
import { anyArray, fullShapes, plain, smooth } from './testing-cases.ts';
import { EXACT, property, type SealedProperty } from './testing-properties.ts';

const TYPES = ['float32', 'int32', 'bool'] as const;

/** A matrix of at least two rows and two columns. */
const matrix = (dtype: DataType) =>
  fc
    .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 }))
    .chain((shape) => plain(arrayOf(shape, dtype)));

type Row = readonly [kernel: string, move: (x: Tensor) => Tensor | Tensor[], of?: string];

/** What moves the elements of a matrix, of any type. */
const MOVES: readonly Row[] = [
  ['Concat', (x) => [tf.concat([x, x, tf.reverse(x, 1)], 1), tf.concat([x, x], 0)]],
  ['ExpandDims', (x) => tf.expandDims(x, 1)],
  ['GatherV2', (x) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32')), 'rows'],
  [
    'GatherV2',
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [1, 0],
            [0, 0],
          ],
          undefined,
          'int32',
        ),
        1,
      ),
    'columns',
  ],
  ['Pack', (x) => tf.stack([x, tf.reverse(x, 0)], 1)],
  [
    'PadV2',
    (x) =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 1],
        ],
        1,
      ),
  ],
  ['Reshape', (x) => tf.reshape(tf.reverse(x, 0), [-1])],
  ['Reverse', (x) => [tf.reverse(x, [0]), tf.reverse(x, [0, 1])]],
  ['Slice', (x) => [tf.slice(x, [1, 0], [1, 2]), tf.slice(x, [0, 0], [-1, -1])]],
  ['SplitV', (x) => tf.split(tf.tile(x, [2, 1]), 2, 0)],
  ['Tile', (x) => tf.tile(x, [2, 3])],
  [
    'Transpose',
    (x) => [tf.transpose(x), tf.transpose(tf.reshape(x, [1, ...x.shape, 1]), [3, 1, 0, 2])],
  ],
  ['Unpack', (x) => tf.unstack(x, 1)],
];

export const arrayProperties: readonly SealedProperty[] = [
  ...MOVES.flatMap(([kernel, move, of]) =>
    TYPES.map((dtype) =>
      property({
        kernel,
        of: of === undefined ? dtype : `${of}, ${dtype}`,
        cases: matrix(dtype),
        runs: 3,
        compute: ([x]) => move(x),
        tolerance: EXACT,
        ...(dtype === 'float32' && { gradient: { cases: plain(smooth(-1, 1)), runs: 1 } }),
      }),
    ),
  ),
  ...(['ZerosLike', 'OnesLike'] as const).flatMap((kernel) =>
    TYPES.map((dtype) =>
      property({
        kernel,
        of: dtype,
        cases: plain(anyArray(dtype)),
        runs: 3,
        compute: ([x]) => (kernel === 'OnesLike' ? tf.onesLike(x) : tf.zerosLike(x)),
        tolerance: EXACT,
        ...(dtype === 'float32' && { gradient: { cases: plain(smooth(-1, 1)), runs: 1 } }),
      }),
    ),
  ),
  property({
    kernel: 'Fill',
    cases: fc.record({
      inputs: fc.constant([]),
      attributes: fc.record({
        shape: fullShapes(),
        dtype: fc.constantFrom('float32' as const, 'int32' as const),
        value: fc.constantFrom(0, 2, -3, Number.NaN, Number.POSITIVE_INFINITY),
      }),
    }),
    runs: 12,
    compute: (_, { shape, dtype, value }) => tf.fill(shape, value, dtype),
    tolerance: EXACT,
  }),
  property({
    kernel: 'OneHot',
    cases: fc.record({
      inputs: fullShapes(0, 2).chain((shape) => fc.tuple(arrayOf(shape, 'int32'))),
      attributes: fc.record({
        depth: fc.integer({ min: 2, max: 4 }),
        dtype: fc.constantFrom('float32' as const, 'int32' as const),
        values: fc.constantFrom<[number, number]>([1, 0], [5, -5]),
      }),
    }),
    compute: ([indices], { depth, values, dtype }) => tf.oneHot(indices, depth, ...values, dtype),
    tolerance: EXACT,
  }),
  property({
    kernel: 'PadV2',
    of: 'with any number',
    cases: fc.record({
      inputs: fc.tuple(arrayOf([2, 3])),
      attributes: fc.constantFrom(
        Number.NEGATIVE_INFINITY,
        Number.POSITIVE_INFINITY,
        Number.NaN,
        0.5,
      ),
    }),
    compute: ([x], value) =>
      tf.pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        value,
      ),
    tolerance: EXACT,
  }),
];
