import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Call, Kernel } from '../lowering/kernel.ts';
import type { FoldedPool, Lowering, Representation } from '../lowering/lowering.ts';
import type { Operand, TraceNode } from '../trace/trace.ts';
import { foldPool, unfoldGradient } from './folded-pool.ts';
import { maxPoolGradient, withInfinities, withoutNaN } from './max-pool-gradient.ts';
import {
  allFinite,
  attributesOf,
  channelsFirstShape,
  either,
  poolingKernel,
  type Windows,
} from './pooling.ts';

export const maxPoolKernels: readonly Kernel[] = [
  poolingKernel('MaxPool', ['x'], pooled),
  poolingKernel('MaxPoolGrad', ['dy', 'input', 'output'], (lowering, call) =>
    unpool(lowering, call, lowering.channelsFirst(call.operands[0] as Operand)),
  ),
];

/**
 * The maximum of each window, NaN never being one, as in tfjs. ONNX Runtime's pooling forgets what
 * came before a NaN, so NaN is taken out of an image that is not all finite.
 */
function pooled(lowering: Lowering, call: Call<Windows>): Representation {
  const folded = foldPool(lowering, call);
  if (folded !== undefined) return { channelsFirst: folded };
  const [x] = call.operands as [Operand];
  const { shape } = call.outputs[0]!;
  const image = lowering.channelsFirst(x);
  const finite = allFinite(lowering.graph, image, x.shape);
  lowering.notes.set(call, finite);
  const options = { attributes: attributesOf(call.attributes) };
  const pool = (graph: GraphBuilder, name: string) => graph.node('MaxPool', [name], options);
  const maxima = either(lowering.graph, finite, channelsFirstShape(shape), {
    holds: (graph) => pool(graph, image),
    fails: (graph) => withInfinities(graph, pool(graph, withoutNaN(graph, image))),
  });
  return { channelsFirst: maxima };
}

/** Puts each pooled gradient (channels first) of a max-pooling's gradient where its maximum was. */
export function unpool(lowering: Lowering, node: TraceNode, gradient: string): Representation {
  const { graph } = lowering;
  const [, input, output] = node.operands as [Operand, Operand, Operand];
  lowering.notes.set(node, gradient);
  const folded = foldedBefore(lowering, input, output);
  if (folded !== undefined) return { folded: unfoldGradient(lowering, folded, gradient) };
  const [batch, channels, ...spatial] = channelsFirstShape(input.shape) as [
    number,
    number,
    ...number[],
  ];
  const x = lowering.channelsFirst(input);
  const y = lowering.channelsFirst(output);
  const task = {
    x,
    y,
    dy: gradient,
    planes: batch * channels,
    spatial,
    pooled: output.shape.slice(1, -1),
    windows: node.attributes as Windows,
  };
  const finite = graph.node('And', [
    finiteOf(lowering, input, output, x),
    allFinite(graph, gradient, [...output.shape]),
  ]);
  const planes = maxPoolGradient(graph, task, finite);
  return { channelsFirst: graph.reshape(planes, [batch, channels, ...spatial]) };
}

/** The pooling whose gradient is asked for, if it was computed with the convolution before it. */
function foldedBefore(lowering: Lowering, input: Operand, output: Operand): FoldedPool | undefined {
  const forward = lowering.producerOf(output);
  if (forward?.operands[0]?.value !== input.value) return undefined;
  // The pooling is lowered by now, or is when it is asked for.
  lowering.channelsFirst(output);
  return lowering.foldedPools.get(forward);
}

/**
 * Whether the pooled image is finite, which the pooling itself has looked at if it is in this
 * trace.
 */
function finiteOf(lowering: Lowering, input: Operand, output: Operand, x: string): string {
  const forward = lowering.producerOf(output);
  const known =
    forward?.operands[0]?.value === input.value ? lowering.notes.get(forward) : undefined;
  return known ?? allFinite(lowering.graph, x, input.shape);
}
