import { backend_util, util } from '@tensorflow/tfjs';
import { sumAffine, sumProduct } from '../lowering/channel-affine.ts';
import { type Kernel, kernel } from '../lowering/kernel.ts';
import type { Lowering } from '../lowering/lowering.ts';
import type { Operand, TraceNode, TraceValue, ValueType } from '../trace/trace.ts';
import { normalisedMean } from './batch-norm.ts';
import { isImage } from './channelwise.ts';

interface TfReduction {
  readonly axis?: number | number[] | null;
  /** What tfjs calls `axis` in some kernels. */
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

type ReductionAttributes = { readonly axes: readonly number[] };

interface Reduction {
  readonly name: string;
  readonly operator: string;
  readonly types: readonly ValueType[];
  /** The output's type, where it is not the input's; the input is then cast to it first. */
  readonly result?: ValueType;
  /** ReduceMax and ReduceMin skip NaN where tfjs keeps it. */
  readonly dropsNaN?: boolean;
}

const REDUCTIONS: readonly Reduction[] = [
  { name: 'Sum', operator: 'ReduceSum', types: ['float32', 'int32'] },
  { name: 'Mean', operator: 'ReduceMean', types: ['float32', 'int32', 'bool'], result: 'float32' },
  { name: 'Prod', operator: 'ReduceProd', types: ['float32', 'int32'] },
  { name: 'Max', operator: 'ReduceMax', types: ['float32', 'int32'], dropsNaN: true },
  { name: 'Min', operator: 'ReduceMin', types: ['float32', 'int32'], dropsNaN: true },
  // A bool is reduced as the numbers 0 and 1.
  { name: 'All', operator: 'ReduceMin', types: ['bool'] },
  { name: 'Any', operator: 'ReduceMax', types: ['bool'] },
];

const reductions: readonly Kernel[] = REDUCTIONS.map((reduction) =>
  kernel<TfReduction, ReductionAttributes>({
    name: reduction.name,
    inputs: ['x'],
    plan([x], { axis, reductionIndices, keepDims = false }) {
      const { shape, dtype } = x!;
      if (!reduction.types.includes(dtype)) return undefined;
      const axes = util
        .parseAxisParam((axis ?? reductionIndices ?? null) as number[], [...shape])
        .sort((a, b) => a - b);
      if (axes.length === 0)
        return dtype === (reduction.result ?? dtype) ? { view: shape } : undefined;
      const [reduced] = backend_util.computeOutAndReduceShapes([...shape], axes);
      const output = keepDims ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
      return {
        outputs: [{ shape: output, dtype: reduction.result ?? dtype }],
        attributes: { axes },
      };
    },
    lower(lowering, call) {
      const [x] = call.operands as [Operand];
      const [output] = call.outputs as [TraceValue];
      const short = shortcut(lowering, call, x, output);
      return { logical: short ?? reduce(lowering, reduction, x, call.attributes.axes, output) };
    },
  }),
);

/**
 * The sums and means per channel in BatchNorm and its gradient, without computing the images that
 * they reduce.
 */
function shortcut(
  lowering: Lowering,
  call: TraceNode,
  x: Operand,
  output: TraceValue,
): string | undefined {
  const { kernel: name, attributes } = call;
  if (x.value.dtype !== 'float32' || !isImage(x.shape) || String(attributes['axes']) !== '0,1,2')
    return undefined;
  if (name !== 'Sum' && name !== 'Mean') return undefined;
  const known =
    name === 'Mean' ? (lowering.notes.get(call) ?? normalisedMean(lowering, call)) : undefined;
  if (known !== undefined)
    return output.shape.length === 1 ? known : lowering.graph.reshape(known, output.shape);
  const { graph } = lowering;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const { affine, product } = lowering.uncomputed(x);
  const shape = [batch, channels, height, width] as const;
  const sum = product
    ? sumProduct(graph, product, shape)
    : affine && sumAffine(graph, affine, shape, lowering.centred);
  if (sum === undefined) return undefined;
  const result =
    name === 'Sum' ? sum : graph.node('Div', [sum, graph.scalar(batch * height * width)]);
  return output.shape.length === 1 ? result : graph.reshape(result, output.shape);
}

function reduce(
  lowering: Lowering,
  reduction: Reduction,
  x: Operand,
  axes: readonly number[],
  output: TraceValue,
): string {
  const { graph } = lowering;
  const { name, along } = source(lowering, reduction, x, axes);
  const write = (operator: string, input: string) => graph.reduce(operator, input, along);
  let result: string;
  if (reduction.result !== undefined && x.value.dtype !== reduction.result) {
    result = write(reduction.operator, graph.cast(name, reduction.result));
  } else if (x.value.dtype === 'bool') {
    result = graph.cast(write(reduction.operator, graph.cast(name, 'int32')), 'bool');
  } else {
    result = write(reduction.operator, name);
    if (reduction.dropsNaN === true && x.value.dtype === 'float32') {
      const marks = graph.cast(graph.node('IsNaN', [name]), 'float32');
      const some = graph.node('Greater', [write('ReduceMax', marks), graph.scalar(0)]);
      result = graph.node('Where', [some, graph.scalar(Number.NaN), result]);
    }
  }
  return output.shape.length === x.shape.length - axes.length
    ? result
    : graph.reshape(result, output.shape);
}

/**
 * The array to reduce and its axes: with the channels first where it stands so and the remaining
 * axes keep their order.
 */
function source(
  lowering: Lowering,
  { name }: Reduction,
  x: Operand,
  axes: readonly number[],
): { name: string; along: readonly number[] } {
  const node = lowering.producerOf(x);
  const wholeImages = x.shape.length === 4 && String(axes) === '0,1,2';
  // The gradient of a pooling adds up to what its pooled gradient does, which is smaller.
  if (
    name === 'Sum' &&
    wholeImages &&
    (node?.kernel === 'MaxPoolGrad' || node?.kernel === 'Multiply')
  ) {
    const pooled = lowering.notes.get(node);
    if (pooled !== undefined) return { name: pooled, along: [0, 2, 3] };
  }
  const keepsOrder = axes.includes(3) || (axes.includes(1) && axes.includes(2));
  if (!keepsOrder || !lowering.standsChannelsFirst(x))
    return { name: lowering.logical(x), along: axes };
  const moved = axes.map((axis) => [0, 2, 3, 1][axis] as number).sort((a, b) => a - b);
  return { name: lowering.channelsFirst(x), along: moved };
}

/** The index of the largest or smallest element along an axis; of equals, the first. */
const argReductions: readonly Kernel[] = ['ArgMax', 'ArgMin'].map((name) =>
  kernel<{ axis: number }, { axis: number }>({
    name,
    inputs: ['x'],
    plan([x], { axis }) {
      if (x!.dtype === 'bool' || x!.shape.length === 0) return undefined;
      const [axisIndex = 0] = util.parseAxisParam(axis, [...x!.shape]);
      const shape = x!.shape.filter((_, i) => i !== axisIndex);
      return { outputs: [{ shape, dtype: 'int32' }], attributes: { axis: axisIndex } };
    },
    lower(lowering, { operands, attributes: { axis }, outputs }) {
      const { graph } = lowering;
      const [x] = operands as [Operand];
      const values = lowering.logical(x);
      const indexOf = (elements: string): string => {
        return graph.cast(
          graph.node(name, [elements], { attributes: { axis, keepdims: 0 } }),
          'int32',
        );
      };
      if (x.value.dtype !== 'float32') return { logical: indexOf(values) };
      // tfjs passes over NaN, except that it never leaves one that comes first.
      const nan = graph.node('IsNaN', [values]);
      const worst = graph.scalar(
        name === 'ArgMax' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
      );
      const numbers = graph.node('Where', [nan, worst, values]);
      const first = graph.reshape(graph.slice(nan, [axis], [0], [1]), outputs[0]!.shape);
      return { logical: graph.node('Where', [first, graph.scalar(0, 'int32'), indexOf(numbers)]) };
    },
  }),
);

/**
 * Exponentials along one axis, divided by their sum. Its logarithm is no kernel of tfjs's, which
 * composes it.
 */
const softmax = kernel<{ dim: number }, { axis: number }>({
  name: 'Softmax',
  inputs: ['logits'],
  plan([logits], { dim }) {
    const { shape, dtype } = logits!;
    if (dtype !== 'float32' || shape.length === 0) return undefined;
    const [axis = 0] = util.parseAxisParam(dim, [...shape]);
    return { outputs: [{ shape, dtype }], attributes: { axis } };
  },
  lower(lowering, { operands, attributes }) {
    const [logits] = operands as [Operand];
    return { logical: lowering.graph.node('Softmax', [lowering.logical(logits)], { attributes }) };
  },
});

export const reductionKernels: readonly Kernel[] = [...reductions, ...argReductions, softmax];
