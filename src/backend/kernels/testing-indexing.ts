import * as tf from '@tensorflow/tfjs';

import fc from 'fast-check';
import { arrayOf, type Sample } from '../../../test/support/both-backends.ts';
import { smooth } from './testing-cases.ts';
import { type Case, EXACT, property, type SealedProperty } from './testing-properties.ts';

/** Rows, and to which of four segments each belongs; some to none. */
const segmented = (
  rows: (count: number) => fc.Arbitrary<Sample>,
  min: number,
  max = 5,
): fc.Arbitrary<Case> =>
  fc.integer({ min: 1, max: 5 }).chain((count) =>
    fc.record({
      inputs: fc.tuple(
        rows(count),
        fc
          .array(fc.integer({ min, max }), { minLength: count, maxLength: count })
          .map((values): Sample => ({ shape: [count], dtype: 'int32', values })),
      ),
      attributes: fc.constant(undefined),
    }),
  );

const finite = fc.double({ min: -4, max: 4, noNaN: true });

export const indexingProperties: readonly SealedProperty[] = [
  property({
    kernel: 'UnsortedSegmentSum',
    cases: segmented((count) => arrayOf([count, 2, 3], 'float32', finite), 0),
    compute: ([x, ids]) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 4),
    gradient: { cases: segmented((count) => smooth(-1, 1, [count, 2]), 0, 3) },
  }),
  property({
    kernel: 'UnsortedSegmentSum',
    of: 'some rows in no segment',
    cases: segmented((count) => arrayOf([count, 2], 'float32', finite), -2),
    compute: ([x, ids]) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 4),
  }),
  property({
    kernel: 'StridedSlice',
    cases: fc.record({
      inputs: fc.tuple(arrayOf([4, 5, 3])),
      attributes: fc.constantFrom<[number[], number[], number[], ...number[]]>(
        [
          [1, 0, 0],
          [4, 5, 3],
          [2, 1, 1],
        ],
        [
          [3, -1, 0],
          [0, 0, 3],
          [-1, -2, 1],
        ],
        [[3, 4, 2], [0, 0, 0], [-2, -1, -1], 0, 7],
        [[0, 1, 1], [4, 2, 3], [1, 1, 1], 0, 0, 0, 0, 2],
        [[0, 1], [4, 3], [2, 1], 0, 0, 2, 0, 0],
        [
          [0, 0, 0],
          [4, 5, 3],
          [1, 1, 1],
        ],
        [[1, 0, 0], [2, 1, 3], [1, 1, 1], 0, 0, 0, 1, 0],
      ),
    }),
    runs: 12,
    compute: ([x], [begin, end, strides, ...masks]) =>
      tf.stridedSlice(x, begin, end, strides, ...masks),
    tolerance: EXACT,
  }),
];
