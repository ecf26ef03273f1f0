import assert from 'node:assert/strict';
import type { Scalar, Tensor, TypedArray } from '@tensorflow/tfjs';
import { addN, grads, mul, sum, tensor } from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  computeOn,
  type Result,
  type Sample,
  tensorOf,
} from '../../../test/support/both-backends.ts';
import type { OrtBackend } from '../registration/ort-backend.ts';
import { BACKEND, onnxRuntimeBackend } from '../registration/register.ts';
import { sizeOf } from '../trace/trace.ts';

/** One call that a property makes: its inputs, and whatever else tfjs's operation is given. */
export interface Case<A = undefined> {
  readonly inputs: readonly Sample[];
  readonly attributes: A;
}

/** A case's inputs as tensors of the backend in use; the type names more than most cases have. */
type Inputs = readonly [Tensor, Tensor, Tensor, Tensor];

interface GradientCheck<A> {
  /** Where the operation is smooth over a step to either side, and its values are around 1. */
  readonly cases: fc.Arbitrary<Case<A>>;
  /** Half the distance between the two values whose difference is taken; by default 0.01. */
  readonly step?: number;
  /**
   * The most by which gradient and difference may differ, relative to the difference or 1,
   * whichever is larger; by default 0.01.
   */
  readonly tolerance?: number;
  readonly runs?: number;
  /**
   * False where what tfjs gives as the gradient is not the slope: then it is compared with cpu's
   * alone.
   */
  readonly isSlope?: boolean;
  /** Whether tfjs composes the gradient of kernels that run on the cpu backend. */
  readonly mayFallBack?: boolean;
}

/** A law of one kernel: on every case it is lowered, and gives what tfjs's `cpu` gives. */
interface Property<A> {
  /** The kernel's name in tfjs. */
  readonly kernel: string;
  /** What the cases have in common, for a kernel with several properties. */
  readonly of?: string;
  readonly cases: fc.Arbitrary<Case<A>>;
  /** Cases that are always run. */
  readonly examples?: readonly Case<A>[];
  readonly compute: (inputs: Inputs, attributes: A) => Tensor | Tensor[];
  /**
   * How far a number may lie from cpu's: relative to its size, and in any case; by default 1e-5 and
   * 1e-6.
   */
  readonly tolerance?: Tolerance;
  /**
   * Whether the kernel may leave a case to the cpu backend; without it, only one with an empty
   * array.
   */
  readonly mayFallBack?: (testCase: Case<A>) => boolean;
  readonly runs?: number;
  /**
   * The gradient of `compute` by its float inputs against finite differences: for every kernel of
   * which tfjs has a gradient.
   */
  readonly gradient?: GradientCheck<A>;
}

export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** Nothing is rounded: values are moved, counted or compared. */
export const EXACT: Tolerance = { relative: 0, absolute: 0 };
const ROUNDED: Tolerance = { relative: 1e-5, absolute: 1e-6 };

/**
 * A property with the type of its attributes sealed in, so that those of different kernels fit into
 * one table.
 */
export interface SealedProperty {
  readonly kernel: string;
  readonly of: string | undefined;
  check(): void;
  readonly checkGradient: (() => void) | undefined;
}

export function property<A>(law: Property<A>): SealedProperty {
  const { gradient, tolerance = ROUNDED } = law;
  return {
    kernel: law.kernel,
    of: law.of,
    check: () => forAll(law, (testCase) => assertLowered(law, testCase, tolerance)),
    checkGradient:
      gradient &&
      (() =>
        forAll({ runs: 3, ...gradient }, (testCase) => assertGradient(law, testCase, gradient))),
  };
}

interface Cases<A> {
  readonly cases: fc.Arbitrary<Case<A>>;
  readonly examples?: readonly Case<A>[];
  readonly runs?: number;
}

/** The same cases in every run, few and never shrunk: each shape costs a compilation. */
function forAll<A>(
  { cases, examples = [], runs = 6 }: Cases<A>,
  predicate: (testCase: Case<A>) => void,
): void {
  fc.assert(fc.property(cases, predicate), {
    seed: 7,
    endOnFailure: true,
    numRuns: runs + examples.length,
    examples: examples.map((testCase) => [testCase] as [Case<A>]),
  });
}

function assertLowered<A>(law: Property<A>, testCase: Case<A>, tolerance: Tolerance): void {
  const compute = () => law.compute(inputsOf(testCase), testCase.attributes);
  const expected = computeOn('cpu', compute);
  const { result: actual, lowered, onCpu } = observed(() => computeOn(BACKEND, compute));
  assertAlike(actual, expected, tolerance);
  assert.ok(lowered.has(law.kernel) || onCpu.has(law.kernel), `${law.kernel} was not called`);
  const empty = [...testCase.inputs, ...expected].some(({ shape }) => sizeOf(shape) === 0);
  if (!empty && law.mayFallBack?.(testCase) !== true) {
    assert.deepEqual([...onCpu], [], 'kernels that ran on the cpu backend');
  }
}

function inputsOf({ inputs }: Case<unknown>): Inputs {
  return inputs.map(tensorOf) as readonly Tensor[] as Inputs;
}

/** The kernels for which our backend was called during an action, by name. */
function observed<T>(action: () => T): { result: T; lowered: Set<string>; onCpu: Set<string> } {
  const backend = onnxRuntimeBackend() as OrtBackend;
  const lowered = new Set<string>();
  const onCpu = new Set<string>();
  const { call, callOnCpu } = backend;
  backend.call = (kernel, ...rest) => {
    lowered.add(kernel.name);
    return call.call(backend, kernel, ...rest);
  };
  backend.callOnCpu = (name, ...rest) => {
    onCpu.add(name);
    return callOnCpu.call(backend, name, ...rest);
  };
  try {
    return { result: action(), lowered, onCpu };
  } finally {
    Object.assign(backend, { call, callOnCpu });
  }
}

function assertAlike(
  actual: readonly Result[],
  expected: readonly Result[],
  tolerance: Tolerance,
): void {
  const forms = (results: readonly Result[]) =>
    results.map(({ shape, dtype }) => ({ shape, dtype }));
  assert.deepEqual(forms(actual), forms(expected));
  for (const [i, { shape, values }] of actual.entries()) {
    for (const [j, value] of values.entries()) {
      const wanted = expected[i]!.values[j]!;
      assert.ok(
        isAlike(value, wanted, tolerance),
        `result ${i}, element ${j} of [${shape}]: expected ${wanted}, got ${value}`,
      );
    }
  }
}

/** NaN is like NaN only, and an infinity like itself. */
function isAlike(a: number, b: number, { relative, absolute }: Tolerance): boolean {
  if (Object.is(a, b) || a === b) return true;
  return (
    Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= absolute + relative * Math.abs(b)
  );
}

function assertGradient<A>(law: Property<A>, testCase: Case<A>, check: GradientCheck<A>): void {
  const floats = testCase.inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []));
  const f = (...variables: Tensor[]) => {
    const inputs = testCase.inputs.map(
      (input, i) => variables[floats.indexOf(i)] ?? tensorOf(input),
    );
    return total(law.compute(inputs as readonly Tensor[] as Inputs, testCase.attributes));
  };
  const gradient = () => grads(f)(floats.map((i) => tensorOf(testCase.inputs[i]!)));
  const { result: actual, onCpu } = observed(() => computeOn(BACKEND, gradient));
  if (check.mayFallBack !== true && law.mayFallBack?.(testCase) !== true) {
    assert.deepEqual([...onCpu], [], 'kernels that ran on the cpu backend');
  }
  if (check.isSlope === false) {
    assertAlike(actual, computeOn('cpu', gradient), ROUNDED);
    return;
  }
  for (const [k, i] of floats.entries()) assertSlope(law, testCase, i, actual[k]!.values, check);
}

/** Asserts that this is the slope of the sum of a case's results by one of its inputs. */
function assertSlope<A>(
  law: Property<A>,
  testCase: Case<A>,
  i: number,
  gradient: TypedArray,
  { step = 0.01, tolerance = 0.01 }: GradientCheck<A>,
): void {
  const at = (inputs: readonly Sample[]) =>
    total(law.compute(inputsOf({ ...testCase, inputs }), testCase.attributes));
  for (const [j, x] of testCase.inputs[i]!.values.entries()) {
    // Only what float32 keeps of x ± step is a step.
    const above = Math.fround(x + step);
    const below = Math.fround(x - step);
    const values = [above, below].map((moved) =>
      computeOn('cpu', () => at(withValue(testCase.inputs, i, j, moved))),
    );
    const difference = (values[0]![0]!.values[0]! - values[1]![0]!.values[0]!) / (above - below);
    const ours = gradient[j]!;
    const close = Math.abs(ours - difference) <= tolerance * Math.max(1, Math.abs(difference));
    assert.ok(
      close,
      `gradient by input ${i}, element ${j}: ${ours} against a difference of ${difference}`,
    );
  }
}

/** A sum of all results' elements in which each counts differently. */
function total(results: Tensor | Tensor[]): Scalar {
  const sums = [results].flat().map((result: Tensor) => {
    const weights = Array.from({ length: result.size }, (_, i) => Math.cos(i + 1));
    return sum(mul(result, tensor(weights, result.shape))) as Scalar;
  });
  return sums.length === 1 ? sums[0]! : addN(sums);
}

function withValue(inputs: readonly Sample[], i: number, j: number, value: number): Sample[] {
  return inputs.map((input, k) =>
    k === i ? { ...input, values: input.values.map((old, n) => (n === j ? value : old)) } : input,
  );
}
