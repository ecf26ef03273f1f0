import assert from 'node:assert/strict';
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs';
import { setBackend, tensor, tidy } from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  BACKEND,
  type BackendOptions,
  registerOnnxRuntimeBackend,
} from '../../src/backend/registration/register.ts';
import { selectBackend } from '../../src/backend/select/select-backend.ts';

/** What the backend warned of in this process. */
export const warnings: string[] = [];

/**
 * Starts both backends, so that tests can compare the values of ours with those of tfjs's cpu. One
 * thread by default: the arrays are tiny, and a second thread would mostly wait.
 */
export async function startBackends(options: BackendOptions = {}): Promise<void> {
  registerOnnxRuntimeBackend({ threads: 1, warn: (message) => warnings.push(message), ...options });
  await selectBackend('cpu');
  await selectBackend('onnxruntime');
}

/** An array that {@link tensorOf} makes a tensor of, on the backend in use. */
export interface Sample {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly values: readonly number[];
}

export function tensorOf({ values, shape, dtype }: Sample): Tensor {
  return tensor([...values], [...shape], dtype);
}

export interface Result {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly values: TypedArray;
}

/** Computes on one backend and reads the results. */
export function computeOn(backend: string, compute: () => Tensor | Tensor[]): Result[] {
  // Both backends are started, so this takes effect at once.
  void setBackend(backend);
  const results: Result[] = [];
  tidy(() => {
    for (const result of [compute()].flat() as Tensor[]) {
      results.push({ shape: result.shape, dtype: result.dtype, values: result.dataSync() });
    }
  });
  return results;
}

/**
 * Asserts that our backend and cpu compute the same values up to rounding, with NaN at the same
 * places.
 */
export function assertAgrees(compute: () => Tensor | Tensor[], tolerance = 1e-5): void {
  const expected = computeOn('cpu', compute);
  const actual = computeOn(BACKEND, compute);
  assert.equal(actual.length, expected.length);
  for (const [i, { shape, dtype, values }] of actual.entries()) {
    const wanted = expected[i]!;
    assert.deepEqual({ shape, dtype }, { shape: wanted.shape, dtype: wanted.dtype });
    for (const [j, value] of values.entries()) {
      const close = agree(value, wanted.values[j]!, tolerance);
      assert.ok(
        close,
        `result ${i}, element ${j} of [${shape}]: expected ${wanted.values[j]}, got ${value}`,
      );
    }
  }
}

function agree(a: number, b: number, tolerance: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  // An infinity agrees only with itself: any share of it is infinite, too.
  return (
    Number.isFinite(a) &&
    Number.isFinite(b) &&
    Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b))
  );
}

/** Finite numbers, and now and then NaN, an infinity or 0. */
export const anyNumber = fc.oneof(
  { weight: 12, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0),
  },
);

export const finiteNumber = fc.double({ min: -4, max: 4, noNaN: true });
const integer = fc.integer({ min: -5, max: 5 });
const truth = fc.integer({ min: 0, max: 1 });

/** An array of the given shape; floats include NaN and the infinities by default. */
export function arrayOf(
  shape: readonly number[],
  dtype: DataType = 'float32',
  floats = anyNumber,
): fc.Arbitrary<Sample> {
  const size = shape.reduce((product, length) => product * length, 1);
  const wholes = dtype === 'int32' ? integer : truth;
  const element = dtype === 'float32' ? floats : wholes;
  return fc.array(element, { minLength: size, maxLength: size }).map((values) => ({
    shape,
    dtype,
    values: values.map((value) => (dtype === 'float32' ? Math.fround(value) : value)),
  }));
}
