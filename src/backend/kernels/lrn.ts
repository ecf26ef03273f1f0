import { sizeOf } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import type { Operand } from '../trace.ts';

/** How an element is normalised by its neighbours among the channels: y = x · norm^-beta, norm = bias + alpha · Σ x². */
type Normalisation = {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
};

/** Not ONNX's LRN: that one moves its sum along by adding and subtracting, so NaN and infinities would stay in it. */
const lrn = kernel<Normalisation, Normalisation>({
  name: 'LRN',
  inputs: ['x'],
  plan([x], { depthRadius, bias, alpha, beta }) {
    if (x!.dtype !== 'float32') return undefined;
    return { outputs: [{ shape: x!.shape, dtype: 'float32' }], attributes: { depthRadius, bias, alpha, beta } };
  },
  lower(lowering, { operands, attributes }) {
    const { graph } = lowering;
    const [x] = operands as [Operand];
    const image = lowering.logical(x);
    const norm = normOf(graph, image, x.shape, attributes);
    return { logical: graph.node('Mul', [image, power(graph, norm, -attributes.beta)]) };
  },
});

/** dx = dy · norm^-beta - 2 · alpha · beta · x · Σ dy · y / norm, the sum over the channels that have x for a neighbour. */
const lrnGrad = kernel<Normalisation, Normalisation>({
  name: 'LRNGrad',
  inputs: ['x', 'y', 'dy'],
  plan([x, y, dy], { depthRadius, bias, alpha, beta }) {
    if ([x, y, dy].some((input) => input!.dtype !== 'float32')) return undefined;
    return { outputs: [{ shape: x!.shape, dtype: 'float32' }], attributes: { depthRadius, bias, alpha, beta } };
  },
  lower(lowering, { operands, attributes }) {
    const { graph } = lowering;
    const { shape } = operands[0] as Operand;
    const { depthRadius, alpha, beta } = attributes;
    const [x, y, dy] = operands.map((operand) => lowering.logical(operand)) as [string, string, string];
    const norm = normOf(graph, x, shape, attributes);
    const direct = graph.node('Mul', [dy, power(graph, norm, -beta)]);
    const given = graph.node('Div', [graph.node('Mul', [dy, y]), norm]);
    const received = graph.node('Mul', [x, neighbourhood(graph, given, shape, depthRadius)]);
    return {
      logical: graph.node('Sub', [direct, graph.node('Mul', [received, graph.scalar(2 * alpha * beta)])]),
    };
  },
});

function normOf(graph: GraphBuilder, image: string, shape: readonly number[], how: Normalisation): string {
  const squares = graph.node('Mul', [image, image]);
  const sums = neighbourhood(graph, squares, shape, how.depthRadius);
  return graph.node('Add', [graph.node('Mul', [sums, graph.scalar(how.alpha)]), graph.scalar(how.bias)]);
}

function power(graph: GraphBuilder, name: string, exponent: number): string {
  return graph.node('Pow', [name, graph.scalar(exponent)]);
}

/** The sum of each element and its neighbours up to `radius` channels away. */
function neighbourhood(graph: GraphBuilder, name: string, shape: readonly number[], radius: number): string {
  const channels = shape.at(-1) as number;
  // No channel is farther away than the last is from the first.
  const reach = Math.min(radius, channels - 1);
  const window = 2 * reach + 1;
  const rows = graph.reshape(name, [sizeOf(shape) / channels, 1, channels]);
  const means = graph.node('AveragePool', [rows], {
    attributes: { kernel_shape: [window], pads: [reach, reach], count_include_pad: 1 },
  });
  return graph.reshape(graph.node('Mul', [means, graph.scalar(window)]), shape);
}

export const lrnKernels: readonly Kernel[] = [lrn, lrnGrad];
