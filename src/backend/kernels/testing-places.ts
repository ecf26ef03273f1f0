import type { DataType, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

import fc from 'fast-check';
import { arrayOf, type Sample } from '../../../test/support/both-backends.ts';
import { sizeOf } from '../dtype.ts';
import { distinct, fullShapes, smooth } from './testing-cases.ts';
import { type Case, EXACT, property, type SealedProperty } from './testing-properties.ts';

const TYPES = ['float32', 'int32', 'bool'] as const;

/** Index vectors of so many axes into a shape. */
function placesIn(shape: readonly number[], count: readonly number[]): fc.Arbitrary<Sample> {
  const vector = fc.tuple(...shape.map((length) => fc.integer({ min: 0, max: length - 1 })));
  const vectors = fc.array(vector, { minLength: sizeOf(count), maxLength: sizeOf(count) });
  return vectors.map((all) => ({ shape: [...count, shape.length], dtype: 'int32', values: all.flat() }));
}

/** An array, index vectors into its first axes, and what may be written there. */
const placed = (dtype: DataType): fc.Arbitrary<Case<number[]>> =>
  fc
    .record({ indexed: fullShapes(1, 2), row: fullShapes(0, 2), count: fullShapes(1, 2) })
    .chain(({ indexed, row, count }) =>
      fc.record({
        inputs: fc.tuple(
          arrayOf([...indexed, ...row], dtype),
          placesIn(indexed, count),
          arrayOf([...count, ...row], dtype),
        ),
        attributes: fc.constant([...indexed, ...row]),
      }),
    );

/** The same, the indices being computed in the trace, where nobody knows them beforehand. */
const computed = (indices: Tensor) => tf.add(indices, tf.tensor1d([0], 'int32'));

type Row = readonly [kernel: string, compute: (x: Tensor, indices: Tensor, updates: Tensor, shape: number[]) => Tensor];

const PLACED: readonly Row[] = [
  ['GatherNd', (x, indices) => tf.gatherND(x, indices)],
  ['ScatterNd', (_, indices, updates, shape) => tf.scatterND(indices, updates, shape)],
  ['TensorScatterUpdate', (x, indices, updates) => tf.tensorScatterUpdate(x, indices, updates)],
];

/** Rows, and to which of four segments each belongs; some to none. */
const segmented = (rows: (count: number) => fc.Arbitrary<Sample>, min: number, max = 5): fc.Arbitrary<Case> =>
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

/** An image, and squares of two by two that its pixels are dealt out from, or to, over a border. */
function dealt(
  arrays: (shape: number[]) => fc.Arbitrary<Sample>,
  shape: number[],
): fc.Arbitrary<Case<{ block: number[]; edges: number[][] }>> {
  return fc.record({
    inputs: fc.tuple(arrays(shape)),
    attributes: fc.record({
      block: fc.constant([2, 2]),
      edges: fc.constantFrom(
        [
          [1, 0],
          [0, 0],
        ],
        [
          [0, 1],
          [1, 1],
        ],
      ),
    }),
  });
}

const finite = fc.double({ min: -4, max: 4, noNaN: true });

export const placeProperties: readonly SealedProperty[] = [
  ...PLACED.flatMap(([kernel, compute]) =>
    TYPES.filter((dtype) => kernel !== 'ScatterNd' || dtype !== 'bool').flatMap((dtype) => [
      property({
        kernel,
        of: dtype,
        cases: placed(dtype),
        compute: ([x, indices, updates], shape) => compute(x, indices, updates, shape),
      }),
      property({
        kernel,
        of: `${dtype}, at computed places`,
        cases: placed(dtype),
        runs: 3,
        compute: ([x, indices, updates], shape) => compute(x, computed(indices), updates, shape),
      }),
    ]),
  ),
  ...TYPES.map((dtype) =>
    property({
      kernel: 'SparseToDense',
      of: dtype,
      cases: fc.record({
        inputs: fc.tuple(placesIn([4, 3], [3]), fc.oneof(arrayOf([3], dtype), arrayOf([], dtype)), arrayOf([], dtype)),
        attributes: fc.constant<[number, number]>([4, 3]),
      }),
      compute: ([indices, values, fallback], shape) => tf.sparseToDense(indices, values, shape, fallback as tf.Scalar),
      tolerance: EXACT,
    }),
  ),
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
  ...TYPES.map((dtype) =>
    property({
      kernel: 'Diag',
      of: dtype,
      cases: fullShapes(1, 2, 3).chain((shape) =>
        fc.record({ inputs: fc.tuple(arrayOf(shape, dtype)), attributes: fc.constant(undefined) }),
      ),
      runs: 3,
      compute: ([x]) => tf.diag(x),
      tolerance: EXACT,
    }),
  ),
  ...TYPES.map((dtype) =>
    property({
      kernel: 'MirrorPad',
      of: dtype,
      cases: fc.record({
        inputs: fc.tuple(arrayOf([3, 4], dtype)),
        attributes: fc.record({
          paddings: fc.constantFrom<[number, number][]>(
            [
              [1, 2],
              [0, 3],
            ],
            [
              [0, 0],
              [2, 0],
            ],
          ),
          mode: fc.constantFrom('reflect' as const, 'symmetric' as const),
        }),
      }),
      runs: 4,
      compute: ([x], { paddings, mode }) => tf.mirrorPad(x, paddings, mode),
      tolerance: EXACT,
      // tfjs's gradient leaves the mirror images out.
      ...(dtype === 'float32' && {
        gradient: {
          cases: distinct([3, 3]).map((x) => ({
            inputs: [x],
            attributes: {
              paddings: [
                [1, 1],
                [0, 1],
              ] as [number, number][],
              mode: 'reflect' as const,
            },
          })),
          isSlope: false,
          runs: 1,
        },
      }),
    }),
  ),
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
    compute: ([x], [begin, end, strides, ...masks]) => tf.stridedSlice(x, begin, end, strides, ...masks),
    tolerance: EXACT,
  }),
  property({
    kernel: 'FlipLeftRight',
    cases: fc.record({ inputs: fc.tuple(arrayOf([2, 3, 4, 2])), attributes: fc.boolean() }),
    compute: ([image], pooled) =>
      tf.image.flipLeftRight((pooled ? tf.maxPool(image as tf.Tensor4D, 1, 1, 'valid') : image) as tf.Tensor4D),
    tolerance: EXACT,
  }),
  ...(['float32', 'int32'] as const).map((dtype) =>
    property({
      kernel: 'Einsum',
      of: dtype,
      cases: fc
        .constantFrom<[string, ...number[][]]>(
          ['ij,jk->ik', [2, 3], [3, 4]],
          ['bij, bjk -> bik', [2, 2, 3], [2, 3, 2]],
          ['ij->ji', [2, 3]],
          ['ij->i', [2, 3]],
          ['i,i->', [3], [3]],
          ['i,j->ij', [2], [3]],
        )
        .chain(([equation, ...all]) =>
          fc.record({
            inputs: fc.tuple(...all.map((shape) => arrayOf(shape, dtype, finite))),
            attributes: fc.constant(equation),
          }),
        ),
      runs: 10,
      compute: (inputs, equation) => tf.einsum(equation, ...inputs),
    }),
  ),
  property({
    kernel: 'GatherV2',
    of: 'places that differ from batch to batch',
    cases: fc.record({ inputs: fc.tuple(arrayOf([2, 3, 4]), placesIn([4], [2, 2])), attributes: fc.constant(1) }),
    compute: ([x, indices], batchDims) => tf.gather(x, tf.reshape(indices, [2, 2]), 2, batchDims),
    tolerance: EXACT,
  }),
  property({
    kernel: 'DepthToSpace',
    cases: fc.record({ inputs: fc.tuple(arrayOf([2, 2, 3, 8])), attributes: fc.constant(2) }),
    runs: 2,
    compute: ([x], block) => tf.depthToSpace(x as tf.Tensor4D, block),
    tolerance: EXACT,
  }),
  property({
    kernel: 'DepthToSpace',
    of: 'channels first',
    cases: fc.record({ inputs: fc.tuple(arrayOf([2, 2, 3, 8])), attributes: fc.constant(2) }),
    runs: 2,
    compute: ([x], block) => tf.depthToSpace(tf.maxPool(x as tf.Tensor4D, 1, 1, 'valid'), block),
  }),
  property({
    kernel: 'SpaceToBatchND',
    cases: dealt((shape) => arrayOf(shape), [1, 3, 4, 2]),
    compute: ([x], { block, edges }) => tf.spaceToBatchND(x, block, edges),
    tolerance: EXACT,
    gradient: { cases: dealt((shape) => smooth(-1, 1, shape), [1, 3, 4, 1]), runs: 1 },
  }),
  property({
    kernel: 'BatchToSpaceND',
    cases: dealt((shape) => arrayOf(shape), [4, 2, 3, 2]),
    compute: ([x], { block, edges }) => tf.batchToSpaceND(x, block, edges),
    tolerance: EXACT,
    gradient: { cases: dealt((shape) => smooth(-1, 1, shape), [4, 2, 2, 1]), runs: 1 },
  }),
];
