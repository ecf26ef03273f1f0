import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Lowering, Representation, Standing } from '../lowering/lowering.ts';
import { inPlaneBlocks, suitsPlaneBlocks } from '../lowering/plane-blocks.ts';
import { type Operand, sameShape, type TraceNode, type TraceValue } from '../trace/trace.ts';
import { elementwise, inCommonOrder } from './elementwise.ts';
import { unpool } from './max-pool.ts';

/**
 * The product; by 1 it is the other factor, and by the step of a ReLU's input it is that ReLU's
 * gradient.
 */
export const multiply = elementwise({
  name: 'Multiply',
  inputs: ['a', 'b'],
  types: ['float32', 'int32'],
  channelwise: 'Mul',
  emit: (graph, names) => graph.node('Mul', names),
  shortcut(lowering, operands, output) {
    const [a, b] = operands as [Operand, Operand];
    return (
      byOne(lowering, a, b, output) ??
      byOne(lowering, b, a, output) ??
      reluGradient(lowering, a, b, output) ??
      reluGradient(lowering, b, a, output)
    );
  },
});

/**
 * 1 above 0, alpha elsewhere, NaN for NaN. Deferred, since it is nearly always the mask of a ReLU's
 * gradient.
 */
export const step = elementwise<{ alpha?: number }, { alpha: number }>({
  name: 'Step',
  inputs: ['x'],
  types: ['float32'],
  deferred: true,
  attributes: ({ alpha = 0 }) => ({ alpha }),
  emit(graph, [x], { alpha }) {
    const above = graph.node('Greater', [x as string, graph.scalar(0)]);
    const steps = graph.node('Where', [above, graph.scalar(1), graph.scalar(alpha)]);
    return graph.node('Where', [graph.node('IsNaN', [x as string]), x as string, steps]);
  },
});

/**
 * 1 above 0, 0 elsewhere, and for NaN. A product with it is several times faster than ONNX
 * Runtime's Where.
 */
function stepOf(graph: GraphBuilder, x: string): string {
  return graph.cast(graph.node('Greater', [x, graph.scalar(0)]), 'float32');
}

function byOne(
  lowering: Lowering,
  x: Operand,
  ones: Operand,
  output: TraceValue,
): Representation | undefined {
  if (lowering.filledWith(ones) !== 1) return undefined;
  if (sameShape(x.shape, output.shape)) return lowering.asItStands(x, (name) => name);
  return spreadOverPixels(lowering, x, output);
}

/**
 * One number for each image and channel, at every pixel: the gradient of a mean over pixels, which
 * convolutions read with its channels first. One number for each channel alone waits to be computed
 * (channelwise.ts).
 */
function spreadOverPixels(
  lowering: Lowering,
  x: Operand,
  output: TraceValue,
): Representation | undefined {
  const [batch, height, width, channels] = output.shape as [number, number, number, number];
  const isOfPixels = output.shape.length === 4 && sameShape(x.shape, [batch, 1, 1, channels]);
  if (batch === 1 || !isOfPixels) return undefined;
  const { graph } = lowering;
  const whole = graph.ints([batch, channels, height, width]);
  return { channelsFirst: graph.node('Expand', [lowering.channelsFirst(x), whole]) };
}

/**
 * dy · step(x) where the trace holds r = relu(x): the step of r, which is the same but at NaN (0
 * then, as in TensorFlow). So x itself, no longer read, can stay inside the operator that computed
 * it.
 */
function reluGradient(
  lowering: Lowering,
  dy: Operand,
  mask: Operand,
  output: TraceValue,
): Representation | undefined {
  const step = lowering.producerOf(mask);
  if (step?.kernel !== 'Step' || step.attributes['alpha'] !== 0 || step.outputs[0]?.alive)
    return undefined;
  if (!sameShape(dy.shape, mask.shape)) return undefined;
  const [x] = step.operands as [Operand];
  const relu = lowering.readersOf(x.value).find((reader) => reader.kernel === 'Relu');
  const [r] = relu?.outputs ?? [];
  if (r === undefined || !sameShape(x.shape, r.shape)) return undefined;
  return (
    pooledReluGradient(lowering, dy, r, output) ??
    masked(lowering, dy, { value: r, shape: r.shape })
  );
}

function masked(lowering: Lowering, dy: Operand, r: Operand): Representation {
  const { graph } = lowering;
  const product = maskedInBlocks(lowering, dy, r);
  if (product !== undefined) return product;
  return inCommonOrder(lowering, [dy, r], r.shape, ([gradient, on]) =>
    graph.node('Mul', [gradient as string, stepOf(graph, on as string)]),
  );
}

/** The same on large images, a few planes at a time. */
function maskedInBlocks(lowering: Lowering, dy: Operand, r: Operand): Standing | undefined {
  const operands = [dy, r];
  if (!operands.some((operand) => lowering.standsChannelsFirst(operand))) return undefined;
  const [batch, height, width, channels] = r.shape as [number, number, number, number];
  const shape = [batch, channels, height, width] as const;
  if (!suitsPlaneBlocks(shape)) return undefined;
  const images = operands.map((operand) => lowering.channelsFirst(operand));
  const work = { images, vectors: [], shape };
  const product = inPlaneBlocks(lowering.graph, work, (body, [gradient, on]) =>
    body.node('Mul', [gradient!, stepOf(body, on!)]),
  );
  return { channelsFirst: product };
}

/**
 * The same below a max-pooling of r: the pooled maximum is above 0 exactly where r is, so the mask
 * can be laid on the pooled gradient, which is smaller by the pooling's strides.
 */
function pooledReluGradient(
  lowering: Lowering,
  dy: Operand,
  r: TraceValue,
  output: TraceValue,
): Representation | undefined {
  const grad = lowering.producerOf(dy);
  if (grad?.kernel !== 'MaxPoolGrad' || !lowering.isReadOnce(dy.value)) return undefined;
  const [pooledDy, input, pooled] = grad.operands as [Operand, Operand, Operand];
  if (input.value !== r) return undefined;
  const { graph } = lowering;
  const maxima = lowering.channelsFirst(pooled);
  const gradient = graph.node('Mul', [lowering.channelsFirst(pooledDy), stepOf(graph, maxima)]);
  lowering.notes.set(output.producer as TraceNode, gradient);
  return lowering.writtenAs(grad, () => unpool(lowering, grad, gradient));
}
