import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
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
  if (lowering.filledWith(ones) !== 1 || !sameShape(x.shape, output.shape)) return undefined;
  return lowering.asItStands(x, (name) => name);
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
  return inCommonOrder(lowering, [dy, r], r.shape, ([gradient, on]) =>
    graph.node('Mul', [gradient as string, stepOf(graph, on as string)]),
  );
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
