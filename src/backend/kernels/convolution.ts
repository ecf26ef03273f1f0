import { backend_util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Lowering, Standing } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';

/** tfjs's attributes of a two-dimensional convolution. */
export interface TfConv2D {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  /** tfjs-layers leaves it out as null. */
  readonly dilations?: number | [number, number] | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Where a filter is laid on an image: per axis `[height, width]`; `pads` as `[top, left, bottom, right]`. */
export type ConvolutionAttributes = {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
};

export interface ConvolutionShape extends ConvolutionAttributes {
  /** `[batch, height, width, channels]` */
  readonly output: readonly number[];
}

/** Undefined for channels-first images, which tfjs's own layers and gradients never make, and where ONNX differs. */
export function convolutionShape(
  image: readonly number[],
  filter: readonly number[],
  { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode }: TfConv2D,
  kind: 'full' | 'depthwise' = 'full',
): ConvolutionShape | undefined {
  if (dataFormat !== 'NHWC') return undefined;
  const info = backend_util.computeConv2DInfo(
    image as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    kind === 'depthwise',
  );
  const pads = onnxPads(info);
  return (
    pads && {
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads,
      output: info.outShape,
    }
  );
}

interface WindowInfo {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly effectiveFilterHeight: number;
  readonly effectiveFilterWidth: number;
  readonly padInfo: { readonly top: number; readonly left: number };
}

/**
 * The pads with which ONNX comes to tfjs's output size, as `[top, left, bottom, right]`. tfjs only uses those before
 * the image, and its size for a pad given as a number is the height's stride and filter for both axes; so the pads
 * after the image follow from the size. Undefined where no pads do.
 */
function onnxPads(info: WindowInfo): ConvolutionAttributes['pads'] | undefined {
  const { top, left } = info.padInfo;
  const bottom = padAfter(info.inHeight, top, info.outHeight, info.strideHeight, info.effectiveFilterHeight);
  const right = padAfter(info.inWidth, left, info.outWidth, info.strideWidth, info.effectiveFilterWidth);
  return bottom === undefined || right === undefined ? undefined : [top, left, bottom, right];
}

export function padAfter(
  length: number,
  before: number,
  windows: number,
  stride: number,
  reach: number,
): number | undefined {
  const after = Math.max(0, (windows - 1) * stride + reach - length - before);
  return Math.floor((length + before + after - reach) / stride) + 1 === windows ? after : undefined;
}

/** Rows and columns at the end of an image that no window reaches: they have no gradient, but they are there. */
export function unreached(
  image: readonly number[],
  dy: readonly number[],
  filter: readonly number[],
  { strides, dilations, pads }: ConvolutionAttributes,
): number[] {
  return filter.slice(0, 2).map((taps, axis) => {
    const covered = (dy[1 + axis]! - 1) * strides[axis]! + (taps - 1) * dilations[axis]! + 1;
    return image[1 + axis]! + pads[axis]! + pads[axis + 2]! - covered;
  });
}

/** Whether every output pixel is made of the one input pixel in its place. */
export function isPointwise([height, width]: readonly number[], { strides, pads }: ConvolutionAttributes): boolean {
  return height === 1 && width === 1 && strides.every((stride) => stride === 1) && pads.every((pad) => pad === 0);
}

export function attributesOf({ strides, dilations, pads }: ConvolutionAttributes): ConvolutionAttributes {
  return { strides, dilations, pads };
}

interface Convolution {
  /** `[batch, height, width, inChannels]` */
  readonly x: Operand;
  /** `[height, width, inChannels, outChannels]` */
  readonly filter: Operand;
  /** `[outChannels]` */
  readonly bias?: Operand | undefined;
  readonly geometry: ConvolutionAttributes;
}

/** Writes a convolution with its bias. */
export function convolve(lowering: Lowering, { x, filter, bias, geometry }: Convolution): Standing {
  const weights = lowering.logical(filter);
  const shape = filter.shape as FilterShape;
  const added = bias && lowering.logical(bias);
  const constant = lowering.isConstant(filter);
  return { channelsFirst: convolution(lowering, x, { weights, shape, bias: added, constant }, geometry) };
}

/** Writes a convolution with its bias; gives the name of the image with its channels first. */
export function convolution(lowering: Lowering, x: Operand, filter: Filter, geometry: ConvolutionAttributes): string {
  const { graph } = lowering;
  const { weights, shape, bias } = filter;
  const image = lowering.channelsFirst(x);
  // ONNX Runtime decides itself, for several operators at once, where it knows the filter.
  if (filter.constant !== true && suitsBlocks(shape, lowering.channelBlock)) {
    return blockedConvolution(lowering, image, filter, geometry);
  }
  const kernel = graph.transpose(weights, [3, 2, 0, 1]);
  const inputs = bias === undefined ? [image, kernel] : [image, kernel, bias];
  return graph.node('Conv', inputs, { attributes: { ...geometry, kernel_shape: shape.slice(0, 2) } });
}

export type DepthwiseShape = readonly [height: number, width: number, channels: number, multiplier: number];
export type FilterShape = readonly [height: number, width: number, inChannels: number, outChannels: number];

/**
 * Whether ONNX Runtime's blocked convolution is the faster: it reads whole blocks of input channels (or few, unblocked)
 * and computes whole blocks of output channels, so zeros fill up the last. It would choose so itself, for whole blocks,
 * if the filter were a constant. ReorderInput takes channels by fours.
 */
export function suitsBlocks([, , inChannels, outChannels]: FilterShape, block: number): boolean {
  if (block === 0 || outChannels < block) return false;
  return inChannels < block || (inChannels % 4 === 0 && 3 * inChannels >= 2 * wholeBlocks(inChannels, block));
}

function wholeBlocks(channels: number, block: number): number {
  return Math.ceil(channels / block) * block;
}

interface Filter {
  /** The name of the filter in the graph, `[height, width, inChannels, outChannels]`. */
  readonly weights: string;
  readonly shape: FilterShape;
  readonly bias?: string | undefined;
  /** Whether it is part of the graph. */
  readonly constant?: boolean;
}

/** A convolution with channels in blocks, from and to plain `[batch, channels, height, width]`. */
export function blockedConvolution(
  lowering: Lowering,
  image: string,
  { weights, shape, bias }: Filter,
  geometry: ConvolutionAttributes,
): string {
  const { graph, channelBlock: block } = lowering;
  const [height, width, inChannels, outChannels] = shape;
  const ins = inChannels < block ? inChannels : wholeBlocks(inChannels, block);
  const outs = wholeBlocks(outChannels, block);
  const missing = outs - outChannels;
  const full = ins === inChannels && missing === 0;
  const filter = full ? weights : padEnd(graph, weights, [0, 0, ins - inChannels, missing]);
  const kernel = blockedFilter(graph, filter, [height, width, ins, outs], block);
  const domain = 'com.microsoft.nchwc';
  const blocked = inChannels < block ? image : graph.node('ReorderInput', [image], { domain });
  const inputs = [blocked, kernel];
  if (bias !== undefined) inputs.push(missing === 0 ? bias : padEnd(graph, bias, [missing]));
  const result = graph.node('Conv', inputs, { domain, attributes: { ...geometry, kernel_shape: [height, width] } });
  return graph.node('ReorderOutput', [result], { domain, attributes: { channels: outChannels } });
}

/** MLAS's orders of a blocked filter: OIHWio, or OHWIo where the input's channels are too few for a block. */
function blockedFilter(graph: GraphBuilder, filter: string, shape: FilterShape, block: number): string {
  const [height, width, inChannels, outChannels] = shape;
  const outBlocks = outChannels / block;
  const ordered =
    inChannels < block
      ? graph.transpose(graph.reshape(filter, [height, width, inChannels, outBlocks, block]), [3, 2, 0, 1, 4])
      : graph.transpose(
          graph.reshape(filter, [height, width, inChannels / block, block, outBlocks, block]),
          [4, 2, 0, 1, 3, 5],
        );
  return graph.reshape(ordered, [outChannels, inChannels, height, width]);
}

/** Whether there are enough channels for blocks of them to be the faster; ReorderInput takes them by fours. */
export function suitsDepthwiseBlocks([batch, , , channels]: readonly number[], block: number): boolean {
  return block > 0 && channels! >= block && (batch! * channels!) % 4 === 0;
}

interface DepthwiseKernel {
  /** The name of the filters in the graph, `[channels, 1, height, width]`. */
  readonly taps: string;
  readonly size: readonly [height: number, width: number];
  readonly bias?: string | undefined;
}

/**
 * A convolution of every channel by its own filter with channels in blocks, from and to plain channels first. All
 * images go as the channels of one: so the gradient by the filters reads them too, and they are dealt into blocks once.
 */
export function blockedDepthwise(
  lowering: Lowering,
  x: Operand,
  { taps, size, bias }: DepthwiseKernel,
  geometry: ConvolutionAttributes,
): string {
  const { graph, channelBlock: block } = lowering;
  const [batch, rows, columns, channels] = x.shape as [number, number, number, number];
  const all = batch * channels;
  const blocks = Math.ceil(all / block);
  const missing = blocks * block - all;
  const filled = (name: string, rank: number) => {
    const repeated = graph.node('Tile', [name, graph.ints([batch, ...Array.from({ length: rank - 1 }, () => 1)])]);
    return missing === 0 ? repeated : padEnd(graph, repeated, [missing, ...Array.from({ length: rank - 1 }, () => 0)]);
  };
  const dealt = graph.transpose(graph.reshape(filled(taps, 4), [blocks, block, ...size]), [0, 2, 3, 1]);
  const inputs = [
    imageBlocks(lowering, x),
    graph.reshape(dealt, [blocks * block, 1, ...size]),
    ...(bias === undefined ? [] : [filled(bias, 1)]),
  ];
  const attributes = { ...geometry, kernel_shape: size, group: blocks * block };
  const domain = 'com.microsoft.nchwc';
  const result = graph.node('Conv', inputs, { domain, attributes });
  const plain = graph.node('ReorderOutput', [result], { domain, attributes: { channels: all } });
  const { strides, dilations, pads } = geometry;
  const [outRows, outColumns] = [rows, columns].map((length, axis) => {
    const reach = (size[axis]! - 1) * dilations[axis]! + 1;
    return Math.floor((length + pads[axis]! + pads[axis + 2]! - reach) / strides[axis]!) + 1;
  }) as [number, number];
  return graph.reshape(plain, [batch, channels, outRows, outColumns]);
}

/** All images of a batch as the channels of one, dealt into blocks. */
export function imageBlocks(lowering: Lowering, x: Operand): string {
  const { graph } = lowering;
  const [batch, rows, columns, channels] = x.shape as [number, number, number, number];
  const one = graph.reshape(lowering.channelsFirst(x), [1, batch * channels, rows, columns]);
  return graph.node('ReorderInput', [one], { domain: 'com.microsoft.nchwc' });
}

/** Zeros after the end of every axis. */
export function padEnd(graph: GraphBuilder, name: string, counts: readonly number[]): string {
  return graph.node('Pad', [name, graph.ints([...counts.map(() => 0), ...counts])]);
}
