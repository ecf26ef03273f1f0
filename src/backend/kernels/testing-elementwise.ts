import type { DataType, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { engine } from '@tensorflow/tfjs';
import fc from 'fast-check';
import { arrayOf } from '../../../test/support/both-backends.ts';
import {
  anyArray,
  anyPair,
  awkward,
  awkwardPairs,
  fullShapes,
  one,
  plain,
  shapes,
  smooth,
} from './testing-cases.ts';
import { EXACT, property, type SealedProperty, type Tolerance } from './testing-properties.ts';

type Range = readonly [min: number, max: number];
type UnaryRow = readonly [
  kernel: string,
  compute: (x: Tensor) => Tensor | Tensor[],
  smooth?: Range,
  tolerance?: Tolerance,
];

/**
 * Relative however small the number is, short of those that lose digits by being next to nothing.
 */
const TINY: Tolerance = { relative: 1e-5, absolute: 1e-38 };

/** Functions of a float, with the range in which the gradient is compared with differences. */
const UNARY: readonly UnaryRow[] = [
  ['Abs', tf.abs, [0.5, 2], EXACT],
  ['Acos', tf.acos, [-0.8, 0.8]],
  ['Acosh', tf.acosh, [1.5, 3]],
  ['Asin', tf.asin, [-0.8, 0.8]],
  ['Asinh', tf.asinh, [-2, 2]],
  ['Atan', tf.atan, [-2, 2]],
  ['Atanh', tf.atanh, [-0.8, 0.8]],
  ['Ceil', tf.ceil, [0.2, 0.8], EXACT],
  ['ClipByValue', (x) => tf.clipByValue(x, -1, 2), [-0.9, 1.9]],
  [
    'ClipByValue',
    (x) => [
      tf.clipByValue(x, 0, Number.POSITIVE_INFINITY),
      tf.clipByValue(x, Number.NEGATIVE_INFINITY, 0),
    ],
  ],
  ['Cos', tf.cos, [-2, 2]],
  ['Cosh', tf.cosh, [-2, 2]],
  ['Elu', tf.elu, [-2, -0.1]],
  ['Erf', tf.erf, [-1, 1]],
  ['Exp', tf.exp, [-1, 1]],
  ['Expm1', tf.expm1, [-1, 1], TINY],
  ['Floor', tf.floor, [0.2, 0.8], EXACT],
  ['Identity', tf.clone, [-2, 2], EXACT],
  ['IsFinite', tf.isFinite, [-2, 2], EXACT],
  ['IsInf', tf.isInf, [-2, 2], EXACT],
  ['IsNan', tf.isNaN, [-2, 2], EXACT],
  ['LeakyRelu', (x) => tf.leakyRelu(x, 0.3), [-2, -0.1]],
  ['Log', tf.log, [0.5, 2]],
  ['Log1p', tf.log1p, [-0.5, 2], TINY],
  ['Neg', tf.neg, [-2, 2], EXACT],
  ['Reciprocal', tf.reciprocal, [0.5, 2]],
  ['Relu', tf.relu, [0.1, 2], EXACT],
  ['Relu6', tf.relu6, [0.1, 5.9], EXACT],
  ['Round', tf.round, [0.6, 1.4], EXACT],
  ['Rsqrt', tf.rsqrt, [0.5, 2]],
  ['Selu', tf.selu, [-2, -0.1]],
  ['Sigmoid', tf.sigmoid, [-2, 2]],
  ['Sign', tf.sign, [0.1, 1], EXACT],
  ['Sin', tf.sin, [-2, 2]],
  ['Sinh', tf.sinh, [-2, 2]],
  ['Softplus', tf.softplus, [-2, 2]],
  ['Sqrt', tf.sqrt, [0.5, 2]],
  ['Square', tf.square, [-2, 2]],
  ['Step', tf.step, [0.1, 2], EXACT],
  ['Step', (x) => tf.step(x, 0.5), [0.1, 2], EXACT],
  ['Tan', tf.tan, [-1, 1]],
  ['Tanh', tf.tanh, [-2, 2]],
];

/** Kernels that also take int32, or take nothing else. */
const OF_INTEGERS: readonly UnaryRow[] = [
  ['Abs', tf.abs],
  ['Neg', tf.neg],
  ['Sign', tf.sign],
  ['Square', tf.square],
];

type Ranges = readonly [aMin: number, aMax: number, bMin: number, bMax: number];
type BinaryRow = readonly [
  kernel: string,
  compute: (a: Tensor, b: Tensor) => Tensor,
  smooth?: Ranges,
  tolerance?: Tolerance,
];

const BINARY: readonly BinaryRow[] = [
  ['Add', tf.add, [-2, 2, -2, 2]],
  ['Maximum', tf.maximum, [0, 1, 1.1, 2], EXACT],
  ['Minimum', tf.minimum, [0, 1, 1.1, 2], EXACT],
  ['Multiply', tf.mul, [-2, 2, -2, 2]],
  ['Pow', tf.pow, [0.5, 2, -2, 2]],
  ['Prelu', tf.prelu, [-2, -0.1, 0.1, 0.5]],
  ['RealDiv', tf.div, [-2, 2, 0.5, 2]],
  ['SquaredDifference', tf.squaredDifference, [-2, 2, -2, 2]],
  ['Sub', tf.sub, [-2, 2, -2, 2]],
];

const COMPARISONS: readonly BinaryRow[] = [
  ['Equal', tf.equal],
  ['Greater', tf.greater],
  ['GreaterEqual', tf.greaterEqual, [0, 1, 1.1, 2]],
  ['Less', tf.less],
  ['LessEqual', tf.lessEqual],
  ['NotEqual', tf.notEqual],
];

const BINARY_OF_INTEGERS: readonly BinaryRow[] = [
  ...BINARY.filter(([kernel]) => !['Pow', 'Prelu', 'RealDiv'].includes(kernel)),
  ...COMPARISONS,
];

/** cpu computes these in floating point, where the largest integers lose their last digits. */
const ROUNDED_BY_CPU: ReadonlySet<string> = new Set([
  'Abs',
  'Multiply',
  'Square',
  'SquaredDifference',
]);

/** tfjs's own gradients of these do not sum over axes that were broadcast. */
const ONE_SHAPE: ReadonlySet<string> = new Set([
  'GreaterEqual',
  'Maximum',
  'Minimum',
  'SquaredDifference',
]);

function largest(kernel: string, dtype: DataType): number {
  return dtype === 'int32' && ROUNDED_BY_CPU.has(kernel) ? 1 << 16 : Number.POSITIVE_INFINITY;
}

function unary(rows: readonly UnaryRow[], dtype: DataType): SealedProperty[] {
  return rows.map(([kernel, compute, range, tolerance]) =>
    property({
      kernel,
      of: dtype,
      cases: plain(anyArray(dtype)),
      examples: [one(awkward(dtype, largest(kernel, dtype)))],
      compute: ([x]) => compute(x),
      ...(tolerance && { tolerance }),
      ...(range && dtype === 'float32' && { gradient: { cases: plain(smooth(...range)) } }),
    }),
  );
}

function binary(rows: readonly BinaryRow[], dtype: DataType): SealedProperty[] {
  return rows.map(([kernel, compute, ranges, tolerance]) =>
    property({
      kernel,
      of: dtype,
      cases: anyPair(dtype),
      examples: [awkwardPairs(dtype, largest(kernel, dtype))],
      compute: ([a, b]) => compute(a, b),
      ...(tolerance && { tolerance }),
      // Arrays that broadcast, since their gradients are summed back.
      ...(ranges &&
        dtype === 'float32' && {
          gradient: {
            cases: plain(
              smooth(ranges[0], ranges[1]),
              smooth(ranges[2], ranges[3], ONE_SHAPE.has(kernel) ? [2, 3] : [3]),
            ),
          },
        }),
    }),
  );
}

/** What tfjs itself refuses to compute of integers. */
const FLOAT_ONLY: ReadonlySet<string> = new Set(
  'Ceil Cos Cosh Elu Floor Log Rsqrt Sigmoid Sin Sqrt Tan Tanh'.split(' '),
);

/** Calls that tfjs allows and ONNX Runtime has no operator for; they may go to the cpu backend. */
const UNCOMMON: readonly SealedProperty[] = [
  ...UNARY.filter(
    ([kernel]) => !FLOAT_ONLY.has(kernel) && !OF_INTEGERS.some(([name]) => name === kernel),
  ).map(([kernel, compute]) =>
    property({
      kernel,
      of: 'int32',
      cases: plain(arrayOf([3, 2], 'int32')),
      runs: 2,
      compute: ([x]) => compute(x),
      mayFallBack: () => true,
    }),
  ),
  ...BINARY.filter(([kernel]) => kernel !== 'Prelu').map(([kernel, compute]) =>
    property({
      kernel,
      of: 'a float and an int32, an int32 and a bool',
      cases: plain(arrayOf([3, 2]), arrayOf([3, 2], 'int32'), arrayOf([3, 2], 'bool')),
      runs: 3,
      compute: ([a, b, c]) => [compute(a, b), compute(b, a), compute(b, c)],
      mayFallBack: () => true,
    }),
  ),
  property({
    kernel: 'Pow',
    of: 'int32',
    cases: anyPair('int32'),
    examples: [awkwardPairs('int32', 10)],
    compute: ([a, b]) => tf.pow(a, b),
    mayFallBack: () => true,
  }),
];

const CASTS: readonly (readonly [from: DataType, to: DataType])[] = [
  ['float32', 'int32'],
  ['float32', 'bool'],
  ['int32', 'float32'],
  ['int32', 'bool'],
  ['bool', 'float32'],
  ['bool', 'int32'],
];

export const elementwiseProperties: readonly SealedProperty[] = [
  ...UNCOMMON,
  ...unary(UNARY, 'float32'),
  ...unary(OF_INTEGERS, 'int32'),
  ...binary(BINARY, 'float32'),
  ...binary(COMPARISONS, 'float32'),
  ...binary(BINARY_OF_INTEGERS, 'int32'),
  ...binary(COMPARISONS, 'bool'),
  ...binary(
    [
      ['LogicalAnd', tf.logicalAnd],
      ['LogicalOr', tf.logicalOr],
    ],
    'bool',
  ),
  ...unary([['LogicalNot', tf.logicalNot]], 'bool'),
  ...CASTS.map(([from, to]) =>
    property({
      kernel: 'Cast',
      of: `${from} to ${to}`,
      cases: plain(anyArray(from)),
      examples: [one(awkward(from))],
      compute: ([x]) => tf.cast(x, to),
      // cpu leaves the integers as they are, which then have more digits than a float.
      tolerance: from === 'int32' ? { relative: 1e-7, absolute: 0 } : EXACT,
      ...(from === 'float32' && { gradient: { cases: plain(smooth(-2, 2)), isSlope: false } }),
    }),
  ),
  property({
    kernel: 'BitwiseAnd',
    cases: shapes().chain((shape) => plain(arrayOf(shape, 'int32'), arrayOf(shape, 'int32'))),
    compute: ([a, b]) => tf.bitwiseAnd(a, b),
    tolerance: EXACT,
  }),
  property({
    kernel: 'EluGrad',
    cases: anyPair().filter(({ inputs: [dy, y] }) => String(dy!.shape) === String(y!.shape)),
    compute: ([dy, y]) => engine().runKernel('EluGrad', { dy, y }),
  }),
  ...(['float32', 'int32'] as const).map((dtype) =>
    property({
      kernel: 'AddN',
      of: dtype,
      cases: fc
        .tuple(shapes(), fc.integer({ min: 1, max: 4 }))
        .chain(([shape, count]) =>
          plain(...Array.from({ length: count }, () => arrayOf(shape, dtype))),
        ),
      compute: (inputs) => tf.addN([...inputs]),
      ...(dtype === 'float32' && {
        gradient: { cases: plain(smooth(-2, 2), smooth(-2, 2), smooth(-2, 2)) },
      }),
    }),
  ),
  ...(['float32', 'int32', 'bool'] as const).map((dtype) =>
    property({
      kernel: 'Select',
      of: dtype,
      cases: fullShapes(0, 3).chain((shape) =>
        plain(arrayOf(shape, 'bool'), arrayOf(shape, dtype), arrayOf(shape, dtype)),
      ),
      compute: ([condition, a, b]) => tf.where(condition, a, b),
      tolerance: EXACT,
      ...(dtype === 'float32' && {
        gradient: { cases: plain(arrayOf([2, 3], 'bool'), smooth(-2, 2), smooth(-2, 2)) },
      }),
    }),
  ),
];
