import { backend_util } from '@tensorflow/tfjs';
import { sameShape, sizeOf } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Lowering } from '../lower.ts';
import type { Operand, TraceNode } from '../trace.ts';
import { onnxPads } from './convolution.ts';

interface TfPool {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export type PoolAttributes = {
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
};

type PoolShape = PoolAttributes & { readonly output: readonly number[] };

function poolShape(image: readonly number[], attributes: TfPool): PoolShape | undefined {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const info = backend_util.computePool2DInfo(
    image as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const pads = onnxPads(info);
  const window = [info.filterHeight, info.filterWidth] as const;
  const own = [info.strideHeight, info.strideWidth] as const;
  // ONNX wants a pad to be smaller than its window.
  if (pads === undefined || pads.some((pad, i) => pad >= (window[i % 2] as number))) return undefined;
  return { window, strides: own, pads, output: info.outShape };
}

export const maxPool = kernel<TfPool, PoolAttributes>({
  name: 'MaxPool',
  inputs: ['x'],
  plan([x], attributes) {
    if (x!.dtype !== 'float32') return undefined;
    const shape = poolShape(x!.shape, attributes);
    if (shape === undefined) return undefined;
    const { output, ...own } = shape;
    return { outputs: [{ shape: output, dtype: 'float32' }], attributes: own };
  },
  lower(lowering, { operands, attributes, outputs }) {
    const [x] = operands as [Operand];
    const output = outputs[0]!;
    // The plain pooling is the faster; the places of the maxima are only kept for a gradient.
    if (!lowering.readersOf(output).some((reader) => reader.kernel === 'MaxPoolGrad')) {
      return { channelsFirst: pool(lowering, x, attributes, 1)[0] as string };
    }
    const [values, places] = pool(lowering, x, attributes, 2) as [string, string];
    lowering.notes.set(output.producer as TraceNode, places);
    return { channelsFirst: values };
  },
});

function pool(lowering: Lowering, x: Operand, { window, strides, pads }: PoolAttributes, outputs: 1 | 2): string[] {
  return lowering.graph.nodes('MaxPool', [lowering.channelsFirst(x)], outputs, {
    attributes: { kernel_shape: window, strides, pads },
  });
}

/** Deferred, since the gradient of a ReLU before the pooling takes it in. */
export const maxPoolGrad = kernel<TfPool, PoolAttributes>({
  name: 'MaxPoolGrad',
  inputs: ['dy', 'input', 'output'],
  deferred: true,
  plan([dy, input], attributes) {
    if (dy!.dtype !== 'float32') return undefined;
    const shape = poolShape(input!.shape, attributes);
    if (shape === undefined) return undefined;
    const { output: _, ...own } = shape;
    return { outputs: [{ shape: input!.shape, dtype: 'float32' }], attributes: own };
  },
  lower(lowering, { operands, outputs }) {
    const [dy] = operands as [Operand];
    const node = outputs[0]!.producer as TraceNode;
    return { channelsFirst: unpool(lowering, node, lowering.channelsFirst(dy)) };
  },
});

/**
 * Puts each pooled gradient where its maximum was.
 *
 * @param node the MaxPoolGrad
 * @param gradient the pooled gradient, channels first
 */
export function unpool(lowering: Lowering, node: TraceNode, gradient: string): string {
  const { graph } = lowering;
  const [dy, input, output] = node.operands as [Operand, Operand, Operand];
  const attributes = node.attributes as PoolAttributes;
  const { window, strides, pads } = attributes;
  const places = placesOf(lowering, input, output, attributes);
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  const shape = [batch, channels, height, width];
  lowering.notes.set(node, gradient);
  // Windows that don't overlap give every maximum at most one gradient, so nothing has to be added up.
  if (window[0] <= strides[0] && window[1] <= strides[1] && pads.every((pad) => pad === 0)) {
    return graph.node('MaxUnpool', [gradient, places, graph.ints(shape)], {
      attributes: { kernel_shape: window, strides },
    });
  }
  const zeros = graph.node('ConstantOfShape', [graph.ints([sizeOf(shape)])]);
  const flat = [places, gradient].map((name) => graph.reshape(name, [sizeOf(dy.shape)]));
  const sums = graph.node('ScatterElements', [zeros, ...flat], { attributes: { axis: 0, reduction: 'add' } });
  return graph.reshape(sums, shape);
}

/** Where each maximum is, as an index into the whole channels-first image. */
function placesOf(lowering: Lowering, input: Operand, output: Operand, attributes: PoolAttributes): string {
  const forward = lowering.producerOf(output);
  if (forward?.kernel === 'MaxPool' && sameCall(forward, input, attributes)) {
    lowering.channelsFirst(output);
    const places = lowering.notes.get(forward);
    if (places !== undefined) return places;
  }
  return pool(lowering, input, attributes, 2)[1] as string;
}

function sameCall(forward: TraceNode, input: Operand, attributes: PoolAttributes): boolean {
  const [x] = forward.operands as [Operand];
  return (
    x.value === input.value &&
    sameShape(x.shape, input.shape) &&
    JSON.stringify(forward.attributes) === JSON.stringify(attributes)
  );
}
