import assert from 'node:assert/strict';
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs';
import { setBackend, tensor, tidy } from '@tensorflow/tfjs';
import fc from 'fast-check';
import { BACKEND, type BackendOptions, registerOnnxRuntimeBackend } from '../../src/backend/register.ts';
import { selectBackend } from '../../src/backend/select/select-backend.ts';

/** What the backend warned of in this process. */
export const warnings: string[] = [];

/**
 * Starts both backends; tests of values compare ours with tfjs's cpu. One thread unless told otherwise: the arrays are
 * tiny, and a second thread would mostly wait for its turn.
 */
export async function startBackends(options: BackendOptions = {}): Promise<void> {
  registerOnnxRuntimeBackend({ threads: 1, warn: (message) => warnings.push(message), ...options });
  await selectBackend('cpu');
  await selectBackend('onnxruntime');
}

/** An array as a test writes it down; a tensor of the backend in use is made of it where it is needed. */
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

/** Asserts that ours and the cpu backend compute the same, up to rounding, NaN where it is NaN. */
export function assertAgrees(compute: () => Tensor | Tensor[], tolerance = 1e-5): void {
  const expected = computeOn('cpu', compute);
  const actual = computeOn(BACKEND, compute);
  assert.equal(actual.length, expected.length);
  for (const [i, { shape, dtype, values }] of actual.entries()) {
    const wanted = expected[i]!;
    assert.deepEqual({ shape, dtype }, { shape: wanted.shape, dtype: wanted.dtype });
    for (const [j, value] of values.entries()) {
      const close = agree(value, wanted.values[j]!, tolerance);
      assert.ok(close, `result ${i}, element ${j} of [${shape}]: expected ${wanted.values[j]}, got ${value}`);
    }
  }
}

function agree(a: number, b: number, tolerance: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  // An infinity is infinitely far from all else, and so is any share of it.
  return (
    Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b))
  );
}

/** Plain numbers, and now and then one that is not. */
export const anyNumber = fc.oneof(
  { weight: 12, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0) },
);

export const finiteNumber = fc.double({ min: -4, max: 4, noNaN: true });
const integer = fc.integer({ min: -5, max: 5 });
const truth = fc.integer({ min: 0, max: 1 });

/** An array of the given shape; floats take NaN and the infinities in unless told otherwise. */
export function arrayOf(
  shape: readonly number[],
  dtype: DataType = 'float32',
  floats = anyNumber,
): fc.Arbitrary<Sample> {
  const size = shape.reduce((product, length) => product * length, 1);
  const element = dtype === 'float32' ? floats : dtype === 'int32' ? integer : truth;
  return fc.array(element, { minLength: size, maxLength: size }).map((values) => ({
    shape,
    dtype,
    values: values.map((value) => (dtype === 'float32' ? Math.fround(value) : value)),
  }));
}
