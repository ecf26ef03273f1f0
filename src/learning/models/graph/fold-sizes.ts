import { type Constant, sizeOf } from './file/constants.ts';
import type { GraphNode } from './file/onnx-graph.ts';
import { broadcast, mostAxes } from './operators/shapes.ts';

type Inputs = readonly (Constant | undefined)[];

/**
 * At most how many numbers a node computes of known inputs, before it computes them: a file of a
 * hundred bytes may ask for gigabytes. Undefined for an operator that is not computed from
 * constants, and for inputs that do not fit together.
 */
export function foldedSize(node: GraphNode, inputs: Inputs): number | undefined {
  if (node.domain !== '') return undefined;
  if (inputs.some((input) => input !== undefined && input.shape.length > mostAxes))
    return undefined;
  if (elementwise.has(node.operator)) return sizeOfAll(inputs);
  if (noLarger.has(node.operator)) return Math.max(0, ...inputs.map(lengthOf));
  const size = sizes[node.operator]?.(inputs);
  return size === undefined || Number.isNaN(size) ? undefined : size;
}

const lengthOf = (input: Constant | undefined): number => input?.values.length ?? 0;

function sizeOfAll(inputs: Inputs): number | undefined {
  const shapes = inputs.flatMap((input) => (input === undefined ? [] : [input.shape]));
  const shape = broadcast(...shapes);
  return shape && sizeOf(shape);
}

const namesIn = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Operators that broadcast their inputs. */
const elementwise = namesIn(`
  Add Sub Mul Div Mod Pow Sum Mean Max Min Where Equal Greater GreaterOrEqual Less
  LessOrEqual And Or Xor BitShift BitwiseAnd BitwiseOr BitwiseXor
`);

/** Operators whose output has no more numbers than the largest of their inputs. */
const noLarger = namesIn(`
  Identity Cast CastLike Not BitwiseNot IsNaN IsInf Abs Neg Sign Ceil Floor Round Clip
  Sqrt Reciprocal Exp Log Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Erf Sigmoid Relu
  LeakyRelu Elu Selu Gelu Softplus HardSigmoid HardSwish Softmax LogSoftmax
  LayerNormalization CumSum Trilu EyeLike Reshape Flatten Squeeze Unsqueeze Transpose
  Slice Split Shape Size ReduceMean ReduceSum ReduceProd ReduceMax ReduceMin ReduceL1
  ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp ArgMax ArgMin GatherElements
  ScatterElements ScatterND
`);

const product = (values: Iterable<number>): number => {
  let result = 1;
  for (const value of values) result *= value >= 0 ? value : Number.NaN;
  return result;
};

/** How many numbers an operator makes that can make more than it takes. */
const sizes: Readonly<Record<string, (inputs: Inputs) => number | undefined>> = {
  ConstantOfShape: ([shape]) => shape && product(shape.values),
  Expand: ([x, shape]) => {
    if (x === undefined || shape === undefined) return undefined;
    const lengths = broadcast(x.shape, [...shape.values]);
    return lengths && product(lengths);
  },
  Tile: ([x, repeats]) => repeats && lengthOf(x) * product(repeats.values),
  Range: ([start, limit, delta]) =>
    Math.max(0, Math.ceil((only(limit) - only(start)) / only(delta))),
  Concat: (inputs) => inputs.reduce((sum, input) => sum + lengthOf(input), 0),
  Gather: ([x, indices]) => lengthOf(x) * Math.max(1, lengthOf(indices)),
  OneHot: ([indices, depth]) => lengthOf(indices) * Math.abs(only(depth)),
  NonZero: ([x]) => x && lengthOf(x) * Math.max(1, x.shape.length),
  // Every number of the output is a sum of so many products.
  MatMul: ([a, b]) => (lengthOf(a) * lengthOf(b)) / Math.max(1, a?.shape.at(-1) ?? 1),
};

const only = (input: Constant | undefined): number => input?.values[0] ?? Number.NaN;
