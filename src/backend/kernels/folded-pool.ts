import type { FoldedPool, Lowering } from '../lowering/lowering.ts';
import type { Operand, TraceNode, TraceValue } from '../trace/trace.ts';
import { convolveBy } from './convolve.ts';
import type { Windows } from './pooling.ts';
import { type FilterShape, type Geometry, geometryOf, isDense } from './windows.ts';

/**
 * Writes a max-pooling of 2 x 2 and the convolution of few channels before it, with ReLU between or
 * not, as one: a convolution of stride 2 gives the four positions of every window as four groups of
 * channels, in the order of ONNX's SpaceToDepth, kept for the gradient. Its filters are the one
 * filter at four positions, with a row and a column more. This multiplies more, but in a product
 * four times as high, and height is what a convolution of few channels lacks; and nothing after it
 * sees the large image. Returns the name of the pooled image, channels first; undefined where the
 * pooling is any other.
 */
export function foldPool(lowering: Lowering, pool: TraceNode): string | undefined {
  const chain = chainBefore(lowering, pool);
  if (chain === undefined) return undefined;
  const { graph } = lowering;
  const { filter, bias, geometry } = chain;
  const [batch, rows, columns, channels] = (pool.outputs[0] as TraceValue).shape as [
    number,
    number,
    number,
    number,
  ];
  const addend = bias && lowering.logical(bias);
  const groups = lowering.writtenAs(chain.convolution, () => {
    const bias =
      addend && graph.node('Concat', [addend, addend, addend, addend], { attributes: { axis: 0 } });
    const weights = foldFilter(lowering, filter);
    const shape = foldedShape(filter.shape);
    const folded = { weights, shape, bias, constant: lowering.isConstant(filter) };
    return convolveBy(lowering, chain.x, folded, { ...geometry, strides: [2, 2] });
  });
  const apart = graph.reshape(groups, [batch, 4, channels * rows * columns]);
  const highest = graph.reduce('ReduceMax', apart, [1]);
  const maxima = graph.reshape(highest, [batch, channels, rows, columns]);
  lowering.foldedPools.set(pool, { groups, maxima });
  return chain.rectified ? graph.node('Relu', [maxima]) : maxima;
}

interface Chain {
  readonly convolution: TraceNode;
  readonly x: Operand;
  readonly filter: Operand;
  readonly bias: Operand | undefined;
  readonly geometry: Geometry;
  readonly rectified: boolean;
}

/**
 * The gradient of the pooling by the convolved image, in groups; the first of equal maxima gets it.
 */
export function unfoldGradient(
  { graph }: Lowering,
  { groups, maxima }: FoldedPool,
  gradient: string,
): string {
  const parts = graph.nodes('Split', [groups], 4, { attributes: { axis: 1, num_outputs: 4 } });
  let taken: string | undefined;
  const shares = parts.map((part, i) => {
    let mine: string;
    if (i === 3) mine = graph.node('Not', [taken as string]);
    else {
      const equal = graph.node('Equal', [part, maxima]);
      mine = taken === undefined ? equal : graph.node('And', [equal, graph.node('Not', [taken])]);
      taken = taken === undefined ? equal : graph.node('Or', [taken, equal]);
    }
    return graph.node('Mul', [gradient, graph.cast(mine, 'float32')]);
  });
  return graph.node('Concat', shares, { attributes: { axis: 1 } });
}

/**
 * The filter at the four positions of a window,
 * `[height + 1, width + 1, inChannels, 4 · outChannels]`.
 */
export function foldFilter(lowering: Lowering, filter: Operand): string {
  const { graph } = lowering;
  const name = lowering.logical(filter);
  const positions = [0, 1].flatMap((row) => [0, 1].map((column) => [row, column] as const));
  const filters = positions.map(([row, column]) => {
    return graph.node('Pad', [name, graph.ints([row, column, 0, 0, 1 - row, 1 - column, 0, 0])]);
  });
  return graph.node('Concat', filters, { attributes: { axis: 3 } });
}

export function foldedShape([
  height,
  width,
  inChannels,
  outChannels,
]: readonly number[]): FilterShape {
  return [height! + 1, width! + 1, inChannels!, 4 * outChannels!];
}

const READERS: ReadonlySet<string> = new Set(['Relu', 'Step', 'MaxPool', 'MaxPoolGrad']);

function chainBefore(lowering: Lowering, pool: TraceNode): Chain | undefined {
  const { window, strides, pads } = pool.attributes as Windows;
  if ([...window, ...strides].some((length) => length !== 2) || pads.some((pad) => pad !== 0))
    return undefined;
  let below = onlyPooled(lowering, pool.operands[0] as Operand);
  const above = below?.kernel;
  if (above === 'Relu') below = onlyPooled(lowering, below?.operands[0] as Operand);
  let bias: Operand | undefined;
  if (below?.kernel === 'Add') {
    const [sum, addend] = below.operands as [Operand, Operand];
    if (
      addend.shape.length !== 1 ||
      addend.shape[0] !== sum.shape[3] ||
      !lowering.isReadOnce(sum.value)
    )
      return undefined;
    bias = addend;
    below = lowering.producerOf(sum);
    if (below?.kernel !== 'Conv2D') return undefined;
  }
  if (below?.kernel !== 'Conv2D' && below?.kernel !== 'FusedConv2D') return undefined;
  const [x, filter, innerBias] = below.operands as [Operand, Operand, Operand | undefined];
  const attributes = below.attributes as Geometry & { readonly activation: string };
  if (attributes.activation !== 'relu' && attributes.activation !== 'linear') return undefined;
  const rectified = above === 'Relu' || attributes.activation === 'relu';
  const chain = {
    convolution: below,
    x,
    filter,
    bias: bias ?? innerBias,
    geometry: geometryOf(attributes),
    rectified,
  };
  return suits(lowering, pool, chain) ? chain : undefined;
}

/**
 * The node that computes an image which only its pooling, and the kernels that belong to that,
 * read.
 */
function onlyPooled(lowering: Lowering, image: Operand): TraceNode | undefined {
  const node = lowering.producerOf(image);
  if (node === undefined || image.value.alive) return undefined;
  return lowering.readersOf(image.value).every(({ kernel }) => READERS.has(kernel))
    ? node
    : undefined;
}

/**
 * Measured (bench/backend/README.md): a large image of few channels, whose filter does not grow by
 * much.
 */
function suits(lowering: Lowering, pool: TraceNode, { filter, geometry }: Chain): boolean {
  const [height, width, , channels] = filter.shape as FilterShape;
  const [, rows, columns] = (pool.outputs[0] as TraceValue).shape as [number, number, number];
  const grows = ((height + 1) * (width + 1)) / (height * width);
  if (!isDense(geometry) || grows > 1.4 || Math.min(rows, columns) < 16) return false;
  const trained = lowering
    .readersOf(pool.outputs[0] as TraceValue)
    .some(({ kernel }) => kernel === 'MaxPoolGrad');
  return channels <= (trained ? 16 : 8);
}
