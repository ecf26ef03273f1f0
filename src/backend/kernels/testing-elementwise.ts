import type { DataType, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { arrayOf } from '../../../test/both-backends.ts';
import { anyArray, anyPair, awkward, awkwardPairs, fullShapes, one, plain, smooth } from './testing-cases.ts';
import { EXACT, property, type SealedProperty, type Tolerance } from './testing-properties.ts';

type Range = readonly [min: number, max: number];
type UnaryRow = readonly [kernel: string, compute: (x: Tensor) => Tensor, smooth?: Range, tolerance?: Tolerance];

/** Of a float; with the range in which the gradient is compared with differences. */
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
  ['Cos', tf.cos, [-2, 2]],
  ['Cosh', tf.cosh, [-2, 2]],
  ['Elu', tf.elu, [-2, -0.1]],
  ['Erf', tf.erf, [-1, 1]],
  ['Exp', tf.exp, [-1, 1]],
  ['Expm1', tf.expm1, [-1, 1], { relative: 1e-5, absolute: 0 }],
  ['Floor', tf.floor, [0.2, 0.8], EXACT],
  ['Identity', tf.clone, [-2, 2], EXACT],
  ['IsFinite', tf.isFinite, [-2, 2], EXACT],
  ['IsInf', tf.isInf, [-2, 2], EXACT],
  ['IsNan', tf.isNaN, [-2, 2], EXACT],
  ['LeakyRelu', (x) => tf.leakyRelu(x, 0.3), [-2, -0.1]],
  ['Log', tf.log, [0.5, 2]],
  ['Log1p', tf.log1p, [-0.5, 2], { relative: 1e-5, absolute: 0 }],
  ['Neg', tf.neg, [-2, 2], EXACT],
  ['Reciprocal', tf.reciprocal, [0.5, 2]],
  ['Relu', tf.relu, [0.1, 2], EXACT],
  ['Relu6', tf.relu6, [0.1, 5.9], EXACT],
  ['Round', tf.round, [0.6, 1.4], EXACT],
  ['Rsqrt', tf.rsqrt, [0.5, 2]],
  ['Sigmoid', tf.sigmoid, [-2, 2]],
  ['Sin', tf.sin, [-2, 2]],
  ['Sinh', tf.sinh, [-2, 2]],
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
  ['Square', tf.square],
];

type BinaryRow = readonly [
  kernel: string,
  compute: (a: Tensor, b: Tensor) => Tensor,
  smooth?: readonly [a: Range, b: Range],
  tolerance?: Tolerance,
];

const BINARY: readonly BinaryRow[] = [
  [
    'Add',
    tf.add,
    [
      [-2, 2],
      [-2, 2],
    ],
  ],
  [
    'Maximum',
    tf.maximum,
    [
      [0, 1],
      [1.1, 2],
    ],
    EXACT,
  ],
  [
    'Minimum',
    tf.minimum,
    [
      [0, 1],
      [1.1, 2],
    ],
    EXACT,
  ],
  [
    'Multiply',
    tf.mul,
    [
      [-2, 2],
      [-2, 2],
    ],
  ],
  [
    'Pow',
    tf.pow,
    [
      [0.5, 2],
      [-2, 2],
    ],
  ],
  [
    'Prelu',
    tf.prelu,
    [
      [-2, -0.1],
      [0.1, 0.5],
    ],
  ],
  [
    'RealDiv',
    tf.div,
    [
      [-2, 2],
      [0.5, 2],
    ],
  ],
  [
    'SquaredDifference',
    tf.squaredDifference,
    [
      [-2, 2],
      [-2, 2],
    ],
  ],
  [
    'Sub',
    tf.sub,
    [
      [-2, 2],
      [-2, 2],
    ],
  ],
];

const COMPARISONS: readonly BinaryRow[] = [
  ['Equal', tf.equal],
  ['Greater', tf.greater],
  ['GreaterEqual', tf.greaterEqual],
  ['Less', tf.less],
  ['LessEqual', tf.lessEqual],
  ['NotEqual', tf.notEqual],
];

const BINARY_OF_INTEGERS: readonly BinaryRow[] = [
  ...BINARY.filter(([kernel]) => !['Pow', 'Prelu', 'RealDiv'].includes(kernel)),
  ...COMPARISONS,
];

function unary(rows: readonly UnaryRow[], dtype: DataType): SealedProperty[] {
  return rows.map(([kernel, compute, range, tolerance]) =>
    property({
      kernel,
      of: dtype,
      cases: plain(anyArray(dtype)),
      examples: [one(awkward(dtype))],
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
      examples: [awkwardPairs(dtype)],
      compute: ([a, b]) => compute(a, b),
      ...(tolerance && { tolerance }),
      // Arrays that broadcast, since their gradients are summed back.
      ...(ranges &&
        dtype === 'float32' && { gradient: { cases: plain(smooth(...ranges[0]), smooth(...ranges[1], [3])) } }),
    }),
  );
}

const CASTS: readonly (readonly [from: DataType, to: DataType])[] = [
  ['float32', 'int32'],
  ['float32', 'bool'],
  ['int32', 'float32'],
  ['int32', 'bool'],
  ['bool', 'float32'],
  ['bool', 'int32'],
];

export const elementwiseProperties: readonly SealedProperty[] = [
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
      tolerance: EXACT,
      ...(from === 'float32' && { gradient: { cases: plain(smooth(-2, 2)) } }),
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
