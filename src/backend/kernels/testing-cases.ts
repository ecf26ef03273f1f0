import type { DataType } from '@tensorflow/tfjs';
import fc from 'fast-check';
import { anyNumber, arrayOf, type Sample } from '../../../test/support/both-backends.ts';
import { sizeOf } from '../trace/trace.ts';
import type { Case } from './testing-properties.ts';

/**
 * Every kind of float32: NaN, infinities, both zeros, halves that round to even, subnormal, tiny
 * and huge numbers.
 */
const FLOATS: readonly number[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  3,
  -7,
  1e-40,
  -1e-40,
  1e-7,
  -1e-7,
  3e9,
  -3e9,
  3e38,
  -3e38,
].map(Math.fround);
const INTEGERS: readonly number[] = [0, 1, -1, 2, 3, -7, 7, 46341, 2 ** 31 - 1, -(2 ** 31)];
const BOOLS: readonly number[] = [0, 1];

function valuesOf(dtype: DataType): readonly number[] {
  if (dtype === 'float32') return FLOATS;
  return dtype === 'int32' ? INTEGERS : BOOLS;
}

/** Every awkward value of a type, in one row; integers up to the largest wanted. */
export function awkward(dtype: DataType = 'float32', largest = Number.POSITIVE_INFINITY): Sample {
  const values = valuesOf(dtype).filter((value) => !(Math.abs(value) > largest));
  return { shape: [values.length], dtype, values };
}

export function one(...inputs: Sample[]): Case {
  return { inputs, attributes: undefined };
}

/** Every awkward value of a type against every other. */
export function awkwardPairs(
  dtype: DataType = 'float32',
  largest = Number.POSITIVE_INFINITY,
): Case {
  const row = awkward(dtype, largest);
  return one({ ...row, shape: [...row.shape, 1] }, row);
}

/** Cases without attributes of these inputs. */
export function plain(...inputs: fc.Arbitrary<Sample>[]): fc.Arbitrary<Case> {
  return fc.tuple(...inputs).map((samples) => one(...samples));
}

const length = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.constant(0));

/** Shapes of so many axes; now and then one has no elements. */
export function shapes(minLength = 0, maxLength = 4): fc.Arbitrary<number[]> {
  return fc.array(length, { minLength, maxLength });
}

/** Shapes of so many axes with elements. */
export function fullShapes(minLength = 0, maxLength = 4, longest = 4): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: longest }), { minLength, maxLength });
}

/** One array of any shape. */
export function anyArray(
  dtype: DataType = 'float32',
  numbers?: fc.Arbitrary<number>,
): fc.Arbitrary<Sample> {
  return shapes().chain((shape) => arrayOf(shape, dtype, numbers ?? anyNumber));
}

/** A small array of numbers within bounds, for gradients. */
export function smooth(
  min: number,
  max: number,
  shape: readonly number[] = [2, 3],
): fc.Arbitrary<Sample> {
  return arrayOf(shape, 'float32', fc.double({ min, max, noNaN: true }));
}

/**
 * A small array whose elements all lie this far from each other, for the gradients of what picks
 * some.
 */
export function distinct(shape: readonly number[], gap = 0.25): fc.Arbitrary<Sample> {
  const ranks = Array.from({ length: sizeOf(shape) }, (_, i) => i);
  return fc
    .shuffledSubarray(ranks, { minLength: ranks.length })
    .map((order) => ({ shape, dtype: 'float32', values: order.map((rank) => rank * gap - 1) }));
}

/** Two shapes that broadcast: some axes of either are 1, and one has fewer. */
const broadcastShapes = fullShapes().chain((shape) =>
  fc
    .record({
      ones: fc.tuple(...shape.map(() => fc.constantFrom(0, 1, 2, 2, 2))),
      dropped: fc.integer({ min: 0, max: shape.length }),
      swapped: fc.boolean(),
    })
    .map(({ ones, dropped, swapped }) => {
      const a = shape.map((size, axis) => (ones[axis] === 0 ? 1 : size));
      const b = shape.map((size, axis) => (ones[axis] === 1 ? 1 : size)).slice(dropped);
      return swapped ? ([b, a] as const) : ([a, b] as const);
    }),
);

/** Two arrays that broadcast against each other. */
export function anyPair(
  dtype: DataType = 'float32',
  numbers?: fc.Arbitrary<number>,
): fc.Arbitrary<Case> {
  return broadcastShapes.chain(([a, b]) =>
    plain(arrayOf(a, dtype, numbers ?? anyNumber), arrayOf(b, dtype, numbers ?? anyNumber)),
  );
}
