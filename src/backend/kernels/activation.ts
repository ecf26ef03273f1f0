import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Lowering, Standing } from '../lowering/lowering.ts';

/**
 * The activations that tfjs fuses into matMul and conv2d, except prelu, whose weights are one more
 * input.
 */
const EMIT = {
  linear: (_: GraphBuilder, x: string) => x,
  relu: (graph: GraphBuilder, x: string) => graph.node('Relu', [x]),
  relu6: (graph: GraphBuilder, x: string) =>
    graph.node('Clip', [x, graph.scalar(0), graph.scalar(6)]),
  elu: (graph: GraphBuilder, x: string) => graph.node('Elu', [x]),
  sigmoid: (graph: GraphBuilder, x: string) => graph.node('Sigmoid', [x]),
  leakyrelu: (graph: GraphBuilder, x: string, alpha: number) =>
    graph.node('LeakyRelu', [x], { attributes: { alpha: { float: alpha } } }),
} as const;

/** The name of an activation that tfjs may fuse. */
export type Activation = keyof typeof EMIT;

export function isActivation(name: string): name is Activation {
  return Object.hasOwn(EMIT, name);
}

/** @param alpha the slope of leakyrelu below 0 */
export function activate(
  lowering: Lowering,
  x: Standing,
  activation: Activation,
  alpha: number,
): Standing {
  const emit = (name: string) => EMIT[activation](lowering.graph, name, alpha);
  if ('channelsFirst' in x) return { channelsFirst: emit(x.channelsFirst) };
  return { logical: emit(x.logical) };
}
