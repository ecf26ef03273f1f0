import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Lowering, Standing } from '../lowering/lowering.ts';
import type { Operand } from '../trace/trace.ts';
import { type FilterShape, type Geometry, isPointwise } from './windows.ts';

/**
 * A convolution of `x`, `[batch, height, width, inChannels]`; the bias has a number per output
 * channel.
 */
export interface Convolution {
  readonly x: Operand;
  readonly filter: Operand;
  readonly bias?: Operand | undefined;
  readonly geometry: Geometry;
}

/** Writes a convolution with its bias; the filter is `[height, width, inChannels, outChannels]`. */
export function convolve(lowering: Lowering, { x, filter, bias, geometry }: Convolution): Standing {
  const weights = lowering.logical(filter);
  const shape = filter.shape as FilterShape;
  const added = bias && lowering.logical(bias);
  const constant = lowering.isConstant(filter);
  return {
    channelsFirst: convolveBy(lowering, x, { weights, shape, bias: added, constant }, geometry),
  };
}

interface Filter {
  /** The name of the filter in the graph, `[height, width, inChannels, outChannels]`. */
  readonly weights: string;
  readonly shape: FilterShape;
  readonly bias?: string | undefined;
  /** Whether it is part of the graph. */
  readonly constant?: boolean;
}

/**
 * Writes a convolution by a filter of the graph; gives the name of the image with its channels
 * first.
 */
export function convolveBy(
  lowering: Lowering,
  x: Operand,
  filter: Filter,
  geometry: Geometry,
): string {
  const { graph } = lowering;
  const { weights, shape, bias } = filter;
  const image = lowering.channelsFirst(x);
  const [, rows, columns] = x.shape as [number, number, number];
  // Measured (bench/backend/README.md): dealing many pixels into blocks takes longer than a filter
  // of one tap saves by them.
  const isMixed = isPointwise(shape, geometry) && rows * columns >= 1024;
  // ONNX Runtime decides itself, for several operators at once, where it knows the filter.
  if (filter.constant !== true && !isMixed && suitsBlocks(shape, lowering.channelBlock)) {
    return blockedConvolution(lowering, image, filter, geometry);
  }
  const kernel = graph.transpose(weights, [3, 2, 0, 1]);
  const inputs = bias === undefined ? [image, kernel] : [image, kernel, bias];
  return graph.node('Conv', inputs, {
    attributes: { ...geometry, kernel_shape: shape.slice(0, 2) },
  });
}

/**
 * Whether ONNX Runtime's blocked convolution is the faster: it reads whole blocks of input channels
 * (or few, unblocked; ReorderInput takes fours) and computes whole blocks of output channels. It
 * would choose so itself, for whole blocks, if the filter were a constant.
 */
export function suitsBlocks([, , inChannels, outChannels]: FilterShape, block: number): boolean {
  if (block === 0 || outChannels < block) return false;
  return (
    inChannels < block ||
    (inChannels % 4 === 0 && 3 * inChannels >= 2 * wholeBlocks(inChannels, block))
  );
}

function wholeBlocks(channels: number, block: number): number {
  return Math.ceil(channels / block) * block;
}

/** A convolution with channels in blocks, from and to plain `[batch, channels, height, width]`. */
export function blockedConvolution(
  lowering: Lowering,
  image: string,
  { weights, shape, bias }: Filter,
  geometry: Geometry,
): string {
  const { graph, channelBlock: block } = lowering;
  const [height, width, inChannels, outChannels] = shape;
  const ins = inChannels < block ? inChannels : wholeBlocks(inChannels, block);
  const outs = wholeBlocks(outChannels, block);
  const missing = outs - outChannels;
  const full = ins === inChannels && missing === 0;
  const filter = full ? weights : graph.padEnd(weights, [0, 0, ins - inChannels, missing]);
  const kernel = blockedFilter(graph, filter, [height, width, ins, outs], block);
  const domain = 'com.microsoft.nchwc';
  const blocked = inChannels < block ? image : graph.node('ReorderInput', [image], { domain });
  const inputs = [blocked, kernel];
  if (bias !== undefined) inputs.push(missing === 0 ? bias : graph.padEnd(bias, [missing]));
  const result = graph.node('Conv', inputs, {
    domain,
    attributes: { ...geometry, kernel_shape: [height, width] },
  });
  return graph.node('ReorderOutput', [result], { domain, attributes: { channels: outChannels } });
}

/**
 * MLAS's orders of a blocked filter: OIHWio, or OHWIo where the input's channels are too few for a
 * block.
 */
function blockedFilter(
  graph: GraphBuilder,
  filter: string,
  shape: FilterShape,
  block: number,
): string {
  const [height, width, inChannels, outChannels] = shape;
  const outBlocks = outChannels / block;
  const isNarrow = inChannels < block;
  const cut = isNarrow
    ? [height, width, inChannels, outBlocks, block]
    : [height, width, inChannels / block, block, outBlocks, block];
  const order = isNarrow ? [3, 2, 0, 1, 4] : [4, 2, 0, 1, 3, 5];
  return graph.reshape(graph.transpose(graph.reshape(filter, cut), order), [
    outChannels,
    inChannels,
    height,
    width,
  ]);
}
