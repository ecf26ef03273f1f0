import { backend_util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { type Call, type Kernel, kernel } from '../lowering/kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import { sameShape, sizeOf } from '../trace/trace.ts';
import { windowAxes } from './windows.ts';

/** tfjs's attributes of a pooling of images. */
interface TfPool {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number | [number, number][];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Where windows are laid: a number per axis, rows first; `pads` those before all axes, then those
 * after.
 */
export type Windows = {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
};

/**
 * A pooling of images, with one input, or its gradient, whose second input is the image and which
 * has its shape.
 */
export function poolingKernel(
  name: string,
  inputs: readonly string[],
  lower: (lowering: Lowering, call: Call<Windows>) => Representation,
): Kernel {
  const isGradient = inputs.length > 1;
  return kernel<TfPool, Windows>({
    name,
    inputs,
    // The gradient of a ReLU before the pooling fuses that of the pooling.
    deferred: name.startsWith('MaxPool') && isGradient,
    plan(specs, attributes) {
      const image = specs[isGradient ? 1 : 0]!.shape;
      const shape = poolShape(image, attributes);
      if (shape === undefined || specs.some(({ dtype }) => dtype !== 'float32')) return undefined;
      if (isGradient && !sameShape(specs[0]!.shape, shape.output)) return undefined;
      // With windows of one element, tfjs returns an image as it is, with its NaN.
      const { window, strides } = shape.windows;
      if (!isGradient && [...window, ...strides].every((length) => length === 1))
        return { view: image };
      return {
        outputs: [{ shape: isGradient ? image : shape.output, dtype: 'float32' }],
        attributes: shape.windows,
      };
    },
    lower,
  });
}

/**
 * The windows that tfjs lays on `[batch, height, width, channels]`. Undefined for windows on
 * padding alone, which ONNX lacks.
 */
function poolShape(image: readonly number[], attributes: TfPool) {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const size = filterSize as [number, number];
  const steps = strides as [number, number];
  const shape = image as [number, number, number, number];
  const info = backend_util.computePool2DInfo(
    shape,
    size,
    steps,
    1,
    pad as 'valid',
    dimRoundingMode,
  );
  const axes = windowAxes(info);
  const fits = axes.every(({ window, before, after }) => {
    return before >= 0 && before < window && after !== undefined && after < window;
  });
  if (!fits) return undefined;
  const windows = {
    window: axes.map(({ window }) => window),
    strides: axes.map(({ stride }) => stride),
    pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after as number)],
  };
  return { windows, output: info.outShape as readonly number[] };
}

export function attributesOf({ window, strides, pads }: Windows) {
  return { kernel_shape: window, strides, pads };
}

/** A shape `[batch, …, channels]` with its channels moved to axis 1. */
export function channelsFirstShape(shape: readonly number[]): number[] {
  return [shape[0] as number, shape.at(-1) as number, ...shape.slice(1, -1)];
}

/**
 * A bool of the graph: true only where every element is finite; false also where their sum
 * overflows.
 */
export function allFinite(graph: GraphBuilder, name: string, shape: readonly number[]): string {
  const planes = (shape[0] as number) * (shape.at(-1) as number);
  const rows = graph.reshape(name, [planes, sizeOf(shape) / planes]);
  // First by rows, which ONNX Runtime deals out to its threads. A sum that meets NaN or an infinity
  // is not finite.
  const sums = graph.reduce('ReduceSum', rows, [1]);
  const sum = graph.reduce('ReduceSum', sums, [0]);
  return graph.node('Less', [graph.node('Abs', [sum]), graph.scalar(Number.POSITIVE_INFINITY)]);
}

/**
 * One of two ways to compute a float array of this shape. Either writes at least one node of its
 * own.
 */
export function either(
  graph: GraphBuilder,
  condition: string,
  shape: readonly number[],
  ways: Readonly<Record<'holds' | 'fails', (graph: GraphBuilder) => string>>,
): string {
  const branch = (write: (graph: GraphBuilder) => string) => {
    const subgraph = graph.subgraph();
    subgraph.output(write(subgraph), 'float32', shape);
    return { graph: subgraph.finish() };
  };
  return graph.node('If', [condition], {
    attributes: { then_branch: branch(ways.holds), else_branch: branch(ways.fails) },
  });
}
