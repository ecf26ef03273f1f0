import { backend_util } from '@tensorflow/tfjs';
import { sizeOf } from '../dtype.ts';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';
import { padAfter } from './convolution.ts';

/** tfjs's attributes of a pooling of images or volumes. */
export interface TfPool {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number | [number, number][];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NDHWC' | 'NCDHW';
}

/** Where windows are laid: a number per axis, rows or depth first; `pads` those before all axes, then those after. */
export type Windows = {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
};

export type PoolShape = {
  readonly windows: Windows;
  /** `[batch, …, channels]` */
  readonly output: readonly number[];
};

/**
 * The windows that tfjs lays on an image `[batch, height, width, channels]` or a volume `[batch, depth, height, width,
 * channels]`. Undefined for volumes with channels first, and for what ONNX has not: windows that lie wholly on padding, and
 * tfjs's negative pads of volumes (`same`, with strides beyond the window).
 */
export function poolShape(image: readonly number[], attributes: TfPool): PoolShape | undefined {
  const axes = image.length === 5 ? volumeAxes(image, attributes) : imageAxes(image, attributes);
  if (axes === undefined) return undefined;
  const after = axes.map(({ input, before, output, stride, window }) =>
    padAfter(input, before, output, stride, window),
  );
  const pads = [...axes.map(({ before }) => before), ...after];
  const fits = axes.every(({ window, before }, i) => {
    const last = after[i];
    return before >= 0 && before < window && last !== undefined && last < window;
  });
  if (!fits) return undefined;
  const windows = {
    window: axes.map(({ window }) => window),
    strides: axes.map(({ stride }) => stride),
    pads: pads as number[],
  };
  const output = [image[0] as number, ...axes.map((axis) => axis.output), image.at(-1) as number];
  return { windows, output };
}

interface Axis {
  readonly input: number;
  readonly output: number;
  readonly window: number;
  readonly stride: number;
  readonly before: number;
}

function imageAxes(image: readonly number[], { filterSize, strides, pad, dimRoundingMode }: TfPool): Axis[] {
  const info = backend_util.computePool2DInfo(
    image as [number, number, number, number],
    filterSize as [number, number],
    strides as [number, number],
    1,
    pad as 'valid',
    dimRoundingMode,
  );
  const { top, left } = info.padInfo;
  return [
    axis(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, top),
    axis(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, left),
  ];
}

function volumeAxes(volume: readonly number[], attributes: TfPool): Axis[] | undefined {
  const { filterSize, strides, pad, dimRoundingMode, dataFormat = 'NDHWC' } = attributes;
  if (dataFormat !== 'NDHWC') return undefined;
  const info = backend_util.computePool3DInfo(
    volume as [number, number, number, number, number],
    filterSize as [number, number, number],
    strides as [number, number, number],
    1,
    pad as 'valid',
    dimRoundingMode,
  );
  const { front, top, left } = info.padInfo;
  return [
    axis(info.inDepth, info.outDepth, info.filterDepth, info.strideDepth, front),
    axis(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, top),
    axis(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, left),
  ];
}

function axis(input: number, output: number, window: number, stride: number, before: number): Axis {
  return { input, output, window, stride, before };
}

/** Whether every window is one element, and every element a window. */
export function isTrivial({ window, strides }: Windows): boolean {
  return [...window, ...strides].every((length) => length === 1);
}

export function attributesOf({ window, strides, pads }: Windows) {
  return { kernel_shape: window, strides, pads };
}

/** An image or a volume as `[batch, channels, …]`. */
export function withChannelsFirst(lowering: Lowering, x: Operand): string {
  if (x.shape.length === 4) return lowering.channelsFirst(x);
  return lowering.graph.transpose(lowering.logical(x), [0, 4, 1, 2, 3]);
}

/** Where an image or volume `[batch, channels, …]` of the graph stands. */
export function standing(lowering: Lowering, name: string, rank: number): Representation {
  if (rank === 4) return { channelsFirst: name };
  return { logical: lowering.graph.transpose(name, [0, 2, 3, 4, 1]) };
}

/** A shape `[batch, …, channels]` with its channels moved to axis 1. */
export function channelsFirstShape(shape: readonly number[]): number[] {
  return [shape[0] as number, shape.at(-1) as number, ...shape.slice(1, -1)];
}

/** A bool of the graph: true only where every element is finite; false also where their sum overflows. */
export function allFinite(graph: GraphBuilder, name: string, shape: readonly number[]): string {
  const planes = (shape[0] as number) * (shape.at(-1) as number);
  const rows = graph.reshape(name, [planes, sizeOf(shape) / planes]);
  // First by rows, which ONNX Runtime deals out to its threads. A sum that meets NaN or an infinity is not finite.
  const sums = graph.node('ReduceSum', [rows, graph.ints([1])], { attributes: { keepdims: 0 } });
  const sum = graph.node('ReduceSum', [sums, graph.ints([0])], { attributes: { keepdims: 0 } });
  return graph.node('Less', [graph.node('Abs', [sum]), graph.scalar(Number.POSITIVE_INFINITY)]);
}

/** One of two ways to compute a float array of this shape. Either writes at least one node of its own. */
export function either(
  graph: GraphBuilder,
  condition: string,
  shape: readonly number[],
  ways: Readonly<Record<'holds' | 'fails', (graph: GraphBuilder) => string>>,
): string {
  const branch = (write: (graph: GraphBuilder) => string) => {
    const own = graph.subgraph();
    own.output(write(own), 'float32', shape);
    return { graph: own.finish() };
  };
  return graph.node('If', [condition], {
    attributes: { then_branch: branch(ways.holds), else_branch: branch(ways.fails) },
  });
}
