import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import type { Operand } from '../trace/trace.ts';
import { blockedConvolution, suitsBlocks } from './convolve.ts';
import { foldedShape, foldFilter } from './folded-pool.ts';
import { type FilterShape, type Geometry, isPointwise, unreached } from './windows.ts';

/**
 * The gradient of a convolution by its image: the transposed convolution of the output's gradient.
 */
export function convolutionImageGradient(
  lowering: Lowering,
  [dy, filter]: readonly [Operand, Operand],
  geometry: Geometry,
  image: readonly number[],
): Representation {
  const folded = lowering.folded(dy);
  if (folded === undefined && isPointwise(filter.shape, geometry)) {
    return { channelsFirst: mixChannels(lowering, dy, filter, image) };
  }
  const spread =
    folded === undefined
      ? { ...ofPlain(lowering, dy, filter), geometry }
      : {
          ...ofFolded(lowering, dy, filter, folded),
          geometry: { ...geometry, strides: [2, 2] as const },
        };
  const task = { ...spread, image };
  return { channelsFirst: gatherInBlocks(lowering, task) ?? spreadOut(lowering, task) };
}

interface Task {
  /** Channels first; its shape is `[batch, rows, columns, outChannels]` all the same. */
  readonly dy: string;
  readonly shape: readonly number[];
  readonly filter: string;
  readonly filterShape: FilterShape;
  /** The image's shape, `[batch, height, width, inChannels]`. */
  readonly image: readonly number[];
  readonly geometry: Geometry;
}

function ofPlain(lowering: Lowering, dy: Operand, filter: Operand) {
  const name = lowering.channelsFirst(dy);
  const weights = lowering.logical(filter);
  return { dy: name, shape: dy.shape, filter: weights, filterShape: filter.shape as FilterShape };
}

/** A folded gradient is that of a convolution of stride 2 with the filters of all four groups. */
function ofFolded(lowering: Lowering, dy: Operand, filter: Operand, folded: string) {
  const [batch, height, width, channels] = dy.shape as [number, number, number, number];
  const shape = [batch, Math.floor(height / 2), Math.floor(width / 2), 4 * channels];
  const filterShape = foldedShape(filter.shape);
  return { dy: folded, shape, filter: foldFilter(lowering, filter), filterShape };
}

function spreadOut(
  { graph }: Lowering,
  { dy, shape, filter, filterShape, image, geometry }: Task,
): string {
  // A forward convolution's filter is [out, in, …]; a transposed one's is [in, out, …], counted in
  // the other direction.
  const window = filterShape.slice(0, 2);
  return graph.node('ConvTranspose', [dy, graph.transpose(filter, [3, 2, 0, 1])], {
    attributes: {
      ...geometry,
      kernel_shape: window,
      output_padding: unreached(image, shape, window, geometry),
    },
  });
}

/**
 * The same as a convolution with channels in blocks: every pixel gathers what the mirrored filter
 * reaches of the gradient. With a stride, pixels at each offset have filters of their own, groups
 * of channels. Undefined where blocks do not suit, or no convolution has the pads.
 */
function gatherInBlocks(lowering: Lowering, task: Task): string | undefined {
  const { graph, channelBlock } = lowering;
  const { dy, shape, filter, filterShape, image, geometry } = task;
  const [height, width, inChannels, outChannels] = filterShape;
  const { strides, dilations, pads } = geometry;
  const stride = strides[0];
  if (strides[1] !== stride || dilations.some((step) => step !== 1)) return undefined;
  if (height % stride !== 0 || width % stride !== 0) return undefined;
  const taps = [height / stride, width / stride] as const;
  const mirrored = [...taps, outChannels, stride * stride * inChannels] as const;
  if (!suitsBlocks(mirrored, channelBlock)) return undefined;
  const tall = taps[0] - 1;
  const wide = taps[1] - 1;
  const around = stride === 1 ? gatheringPads(task) : ([tall, wide, tall, wide] as const);
  if (around === undefined) return undefined;

  const offsets = graph.reshape(filter, [
    taps[0],
    stride,
    taps[1],
    stride,
    inChannels,
    outChannels,
  ]);
  const dealt = graph.reshape(graph.transpose(offsets, [0, 2, 5, 1, 3, 4]), mirrored);
  const last = graph.ints([-1, -1]);
  const first = graph.ints([-1 - taps[0], -1 - taps[1]]);
  const weights = graph.node('Slice', [dealt, last, first, graph.ints([0, 1]), last]);
  const laid = { strides: [1, 1], dilations: [1, 1], pads: around } as const;
  const gathered = blockedConvolution(lowering, dy, { weights, shape: mirrored }, laid);
  if (stride === 1) return gathered;
  const whole = graph.node('DepthToSpace', [gathered], { attributes: { blocksize: stride } });
  const lengths = taps.map((count, axis) => (shape[1 + axis]! - 1 + count) * stride);
  return cut(graph, whole, lengths, {
    from: pads.slice(0, 2),
    to: [pads[0] + image[1]!, pads[1] + image[2]!],
  });
}

/**
 * The pads with which a convolution of stride 1 gathers the whole image's gradient, and nothing
 * beyond.
 */
function gatheringPads({
  shape,
  filterShape,
  image,
  geometry,
}: Task): Geometry['pads'] | undefined {
  const before = (axis: 0 | 1) => filterShape[axis] - 1 - geometry.pads[axis];
  const top = before(0);
  const left = before(1);
  const after = (axis: 0 | 1) =>
    image[1 + axis]! - shape[1 + axis]! + filterShape[axis] - 1 - before(axis);
  const bottom = after(0);
  const right = after(1);
  const pads = [top, left, bottom, right] as const;
  return pads.every((pad, i) => pad >= 0 && pad < filterShape[i % 2]!) ? pads : undefined;
}

/** Rows and columns `from … to`; what lies beyond the end is zeros. */
function cut(
  graph: GraphBuilder,
  name: string,
  lengths: readonly number[],
  { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] },
): string {
  const beyond = to.map((end, axis) => Math.max(0, end - lengths[axis]!));
  const filled = beyond.some((count) => count > 0) ? graph.padEnd(name, [0, 0, ...beyond]) : name;
  const whole =
    from.every((start) => start === 0) && to.every((end, axis) => end >= lengths[axis]!);
  return whole ? filled : graph.slice(filled, [2, 3], from, to);
}

/** For a 1 x 1 filter: a product of matrices, `[in, out]` by `[out, pixels]` for each image. */
function mixChannels(
  lowering: Lowering,
  dy: Operand,
  filter: Operand,
  image: readonly number[],
): string {
  const { graph } = lowering;
  const [batch, height, width, inChannels] = image as [number, number, number, number];
  const outChannels = filter.shape[3] as number;
  const weights = lowering.logical({ value: filter.value, shape: [inChannels, outChannels] });
  const pixels = graph.reshape(lowering.channelsFirst(dy), [batch, outChannels, height * width]);
  return graph.reshape(graph.node('MatMul', [weights, pixels]), [batch, inChannels, height, width]);
}
