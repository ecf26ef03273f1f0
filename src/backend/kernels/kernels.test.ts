import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { DataType, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  anyShape,
  arrayOf,
  assertAgrees,
  finiteNumber,
  type Sample,
  startBackends,
  tensorOf,
  warnings,
} from '../../../test/both-backends.ts';

const RUNS = { numRuns: 12 };

before(() => startBackends());

/** Checks an operation on arrays of any shape. */
function checkUnary(operation: (x: Tensor) => Tensor, dtype: DataType, floats?: fc.Arbitrary<number>): void {
  const samples = anyShape.chain((shape) => arrayOf(shape, dtype, floats));
  fc.assert(
    fc.property(samples, (x) => assertAgrees(() => operation(tensorOf(x)))),
    RUNS,
  );
}

/** Two shapes that broadcast: some axes of either are 1, and one has fewer. */
const broadcastShapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }).chain((shape) =>
  fc
    .record({
      ones: fc.tuple(...shape.map(() => fc.constantFrom(0, 1, 2, 2, 2))),
      dropped: fc.integer({ min: 0, max: shape.length }),
      swapped: fc.boolean(),
    })
    .map(({ ones, dropped, swapped }) => {
      const a = shape.map((length, axis) => (ones[axis] === 0 ? 1 : length));
      const b = shape.map((length, axis) => (ones[axis] === 1 ? 1 : length)).slice(dropped);
      return swapped ? ([b, a] as const) : ([a, b] as const);
    }),
);

function checkBinary(
  operation: (a: Tensor, b: Tensor) => Tensor,
  dtype: DataType,
  floats?: fc.Arbitrary<number>,
): void {
  const samples = broadcastShapes.chain(([a, b]) => fc.tuple(arrayOf(a, dtype, floats), arrayOf(b, dtype, floats)));
  fc.assert(
    fc.property(samples, ([a, b]) => assertAgrees(() => operation(tensorOf(a), tensorOf(b)))),
    RUNS,
  );
}

const UNARY = {
  abs: tf.abs,
  acos: tf.acos,
  acosh: tf.acosh,
  asin: tf.asin,
  asinh: tf.asinh,
  atan: tf.atan,
  atanh: tf.atanh,
  ceil: tf.ceil,
  cos: tf.cos,
  cosh: tf.cosh,
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  floor: tf.floor,
  isFinite: tf.isFinite,
  isInf: tf.isInf,
  isNaN: tf.isNaN,
  log: tf.log,
  log1p: tf.log1p,
  neg: tf.neg,
  onesLike: tf.onesLike,
  reciprocal: tf.reciprocal,
  relu: tf.relu,
  relu6: tf.relu6,
  round: tf.round,
  rsqrt: tf.rsqrt,
  sigmoid: tf.sigmoid,
  sin: tf.sin,
  sinh: tf.sinh,
  sqrt: tf.sqrt,
  square: tf.square,
  step: tf.step,
  tan: tf.tan,
  tanh: tf.tanh,
  zerosLike: tf.zerosLike,
  'clip by value': (x: Tensor) => tf.clipByValue(x, -1, 2),
  'leaky relu': (x: Tensor) => tf.leakyRelu(x, 0.3),
  'step with a slope': (x: Tensor) => tf.step(x, 0.5),
  'cast to int32': (x: Tensor) => tf.cast(x, 'int32'),
  'cast to bool': (x: Tensor) => tf.cast(x, 'bool'),
} as const;

const BINARY = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  'squared difference': tf.squaredDifference,
  equal: tf.equal,
  'not equal': tf.notEqual,
  greater: tf.greater,
  'greater or equal': tf.greaterEqual,
  less: tf.less,
  'less or equal': tf.lessEqual,
  prelu: tf.prelu,
} as const;

describe('elementwise kernels agree with the cpu backend', () => {
  for (const [name, operation] of Object.entries(UNARY)) {
    it(`${name}, on arrays of any shape, NaN, infinities and empty ones included`, () => {
      checkUnary(operation as (x: Tensor) => Tensor, 'float32');
    });
  }
  for (const [name, operation] of Object.entries(BINARY)) {
    it(`${name}, on shapes that broadcast`, () => {
      checkBinary(operation as (a: Tensor, b: Tensor) => Tensor, 'float32');
    });
  }
  it('powers of numbers above 0', () => {
    checkBinary(tf.pow, 'float32', fc.double({ min: 0.1, max: 3, noNaN: true }));
  });
  it('arithmetic and comparisons of int32', () => {
    for (const operation of [tf.add, tf.sub, tf.mul, tf.maximum, tf.minimum, tf.equal, tf.less, tf.greaterEqual]) {
      checkBinary(operation as (a: Tensor, b: Tensor) => Tensor, 'int32');
    }
    for (const operation of [tf.abs, tf.neg, tf.square]) checkUnary(operation, 'int32');
  });
  it('logic, and casts of bool', () => {
    checkBinary(tf.logicalAnd, 'bool');
    checkBinary(tf.logicalOr, 'bool');
    checkUnary(tf.logicalNot, 'bool');
    checkUnary((x) => tf.cast(x, 'float32'), 'bool');
    checkUnary((x) => tf.cast(x, 'int32'), 'bool');
    checkUnary((x) => tf.cast(x, 'float32'), 'int32');
  });
  it('a choice by a condition', () => {
    const samples = fc
      .array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })
      .chain((shape) => fc.tuple(arrayOf(shape, 'bool'), arrayOf(shape), arrayOf(shape)));
    fc.assert(
      fc.property(samples, ([condition, a, b]) =>
        assertAgrees(() => tf.where(tensorOf(condition), tensorOf(a), tensorOf(b))),
      ),
      RUNS,
    );
  });
});

/** An array of one to four axes, and some of its axes. */
const arrayAndAxes = (dtype: DataType) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
    fc.record({
      x: arrayOf(shape, dtype),
      axes: fc.subarray(
        shape.map((_, axis) => axis),
        { minLength: 1 },
      ),
      keepDims: fc.boolean(),
    }),
  );

describe('reductions agree with the cpu backend', () => {
  const reductions = { sum: tf.sum, mean: tf.mean, prod: tf.prod, max: tf.max, min: tf.min } as const;
  for (const [name, reduction] of Object.entries(reductions)) {
    it(`${name}, along any axes`, () => {
      fc.assert(
        fc.property(arrayAndAxes('float32'), ({ x, axes, keepDims }) =>
          assertAgrees(() => reduction(tensorOf(x), axes, keepDims)),
        ),
        RUNS,
      );
    });
  }
  it('any and all', () => {
    for (const reduction of [tf.any, tf.all]) {
      fc.assert(
        fc.property(arrayAndAxes('bool'), ({ x, axes, keepDims }) =>
          assertAgrees(() => reduction(tensorOf(x), axes, keepDims)),
        ),
        RUNS,
      );
    }
  });
  it('sums of int32', () => {
    fc.assert(
      fc.property(arrayAndAxes('int32'), ({ x, axes }) => assertAgrees(() => tf.sum(tensorOf(x), axes))),
      RUNS,
    );
  });
  it('the place of the extreme, the first of equals', () => {
    fc.assert(
      fc.property(arrayAndAxes('int32'), ({ x, axes }) =>
        assertAgrees(() => [tf.argMax(tensorOf(x), axes[0]), tf.argMin(tensorOf(x), axes[0])]),
      ),
      RUNS,
    );
  });
  it('softmax and its logarithm, and the sum over no elements', () => {
    const rows = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))
      .chain((shape) => arrayOf(shape));
    fc.assert(
      fc.property(rows, (x) => assertAgrees(() => [tf.softmax(tensorOf(x)), tf.logSoftmax(tensorOf(x))])),
      RUNS,
    );
    assertAgrees(() => tf.sum(tf.zeros([0, 3]), 0));
  });
  it('running sums', () => {
    fc.assert(
      fc.property(arrayAndAxes('float32'), fc.boolean(), fc.boolean(), ({ x, axes }, exclusive, reverse) =>
        assertAgrees(() =>
          tf.cumsum(tensorOf({ ...x, values: x.values.map((_, i) => i) }), axes[0], exclusive, reverse),
        ),
      ),
      RUNS,
    );
  });
});

/** A matrix, and the numbers that a test cuts and pads it by. */
const matrix = fc
  .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 }))
  .chain((shape) => arrayOf(shape));

describe('kernels that move elements agree with the cpu backend', () => {
  const moves: Record<string, (x: Tensor) => Tensor | Tensor[]> = {
    'a slice': (x) => tf.slice(x, [1, 0], [1, 2]),
    'a slice of all': (x) => tf.slice(x, [0, 0], [-1, -1]),
    reversal: (x) => [tf.reverse(x, [0]), tf.reverse(x, [0, 1])],
    padding: (x) =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 1],
        ],
        7,
      ),
    tiles: (x) => tf.tile(x, [2, 3]),
    broadcasting: (x) => tf.broadcastTo(tf.reshape(x, [1, ...x.shape]), [3, ...x.shape]),
    'one on top of the other': (x) => tf.stack([x, tf.neg(x)], 1),
    'side by side': (x) => tf.concat([x, x, tf.neg(x)], 1),
    'taking apart': (x) => tf.unstack(x, 1),
    splitting: (x) => tf.split(tf.tile(x, [2, 1]), 2, 0),
    transposition: (x) => [tf.transpose(x), tf.transpose(tf.reshape(x, [1, ...x.shape, 1]), [3, 1, 0, 2])],
    'gathering rows': (x) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32')),
    'gathering columns': (x) =>
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
    'another shape': (x) => tf.expandDims(tf.reshape(tf.neg(x), [-1]), 1),
    numbers: (x) => [tf.fill(x.shape, 2.5), tf.fill([2, 2], 3, 'int32'), tf.add(x, tf.ones(x.shape))],
  };
  for (const [name, move] of Object.entries(moves)) {
    it(name, () => {
      fc.assert(
        fc.property(matrix, (x) => assertAgrees(() => move(tensorOf(x)))),
        RUNS,
      );
    });
  }
  it('one-hot rows, off everywhere for an index that is out of range', () => {
    assertAgrees(() => tf.oneHot(tf.tensor1d([0, 2, -1, 5], 'int32'), 3));
    assertAgrees(() => tf.oneHot(tf.tensor2d([[0], [1]], undefined, 'int32'), 2, 5, -5));
  });
});

const sizes = fc.record({
  m: fc.integer({ min: 1, max: 5 }),
  k: fc.integer({ min: 1, max: 5 }),
  n: fc.integer({ min: 1, max: 5 }),
});

describe('products of matrices agree with the cpu backend', () => {
  it('either factor transposed, batches broadcast', () => {
    const products = fc
      .record({
        sizes,
        transposes: fc.tuple(fc.boolean(), fc.boolean()),
        batches: fc.constantFrom([[], []], [[2], [2]], [[2], [1]], [[1], [3]]),
      })
      .chain(({ sizes: { m, k, n }, transposes: [transposeA, transposeB], batches: [before, after] }) =>
        fc.record({
          a: arrayOf([...before!, ...(transposeA ? [k, m] : [m, k])], 'float32', finiteNumber),
          b: arrayOf([...after!, ...(transposeB ? [n, k] : [k, n])], 'float32', finiteNumber),
          transposeA: fc.constant(transposeA),
          transposeB: fc.constant(transposeB),
        }),
      );
    fc.assert(
      fc.property(products, ({ a, b, transposeA, transposeB }) =>
        assertAgrees(() => tf.matMul(tensorOf(a), tensorOf(b), transposeA, transposeB)),
      ),
      { numRuns: 30 },
    );
  });
  it('with bias and activation in one kernel', () => {
    const a: Sample = { shape: [2, 3], dtype: 'float32', values: [1, -2, 3, -4, 5, -6] };
    for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const) {
      assertAgrees(() => {
        const x = tensorOf(a) as tf.Tensor2D;
        return tf.fused.matMul({ a: x, b: x, transposeB: true, bias: tf.tensor1d([1, -30]), activation });
      });
    }
  });
});

it('No kernel above ran on the cpu backend, except on empty arrays', () => {
  assert.deepEqual(new Set(warnings.map((text) => text.split(' ')[1])), new Set(['Sum']));
});
