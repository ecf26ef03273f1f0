import { isFloat } from './file/constants.ts';
import type { GraphNode, OnnxGraph, StoredTensor } from './file/onnx-graph.ts';
import { dataType } from './file/tensor-values.ts';
import { needed } from './needed.ts';

/** As in Keras. Channels that hardly vary are not blown up by it. */
export const restoredEpsilon = 1e-3;

/** PyTorch's: statistics follow within tens of steps. */
const momentum = 0.9;

/**
 * A network with a BatchNorm after every convolution that has none up to a tensor: exporters fold
 * them into convolutions. What only scales and shifts the convolution's channels comes before it.
 * The new layers change nothing: their mean is 0 and their variance 1, which the factor cancels.
 */
export function withNorms(
  graph: OnnxGraph,
  tensor: string,
): { readonly graph: OnnxGraph; readonly norms: readonly string[] } {
  const used = needed(graph.nodes, [tensor]);
  const takers = new Map<string, GraphNode[]>();
  for (const node of used) {
    for (const name of new Set(node.inputs)) takers.set(name, [...(takers.get(name) ?? []), node]);
  }
  const initializers = new Map(graph.initializers);
  const norms: string[] = [];
  const added = new Map<string, GraphNode>();
  for (const node of used) {
    const kernel = graph.initializers.get(node.inputs[1] ?? '');
    if (node.operator !== 'Conv' || kernel === undefined) continue;
    const end = afterScaling(node.outputs[0]!, tensor, { takers, graph });
    const follows = takers.get(end) ?? [];
    if (follows.some(({ operator }) => operator === 'BatchNormalization')) continue;
    if (added.has(end)) continue;
    const norm = normOf(end, kernel.shape[0] ?? 0);
    for (const stored of norm.weights) initializers.set(stored.name, stored);
    added.set(end, norm.node);
    norms.push(end);
  }
  const nodes = graph.nodes.flatMap((node): readonly GraphNode[] => {
    const [output = ''] = node.outputs;
    const norm = added.get(output);
    if (norm === undefined) return [node];
    return [{ ...node, outputs: [before(output), ...node.outputs.slice(1)] }, norm];
  });
  return { graph: { ...graph, nodes, initializers }, norms };
}

/** The name of what a restored BatchNorm takes; it gives what had the name before. */
const before = (tensor: string): string => `${tensor}.linear`;

interface Surroundings {
  readonly takers: ReadonlyMap<string, readonly GraphNode[]>;
  readonly graph: OnnxGraph;
}

/** The last tensor after a convolution that only scaling and shifting by weights lie before. */
function afterScaling(
  tensor: string,
  last: string,
  { takers, graph: { initializers } }: Surroundings,
): string {
  let end = tensor;
  const follows = () => takers.get(end) ?? [];
  const isAffine = ({ operator, inputs }: GraphNode) => {
    const weight = inputs.map((name) => initializers.get(name)).find(Boolean);
    return (operator === 'Add' || operator === 'Mul') && weight !== undefined && isFloat(weight);
  };
  while (end !== last && follows().length === 1 && isAffine(follows()[0]!)) {
    end = follows()[0]!.outputs[0]!;
  }
  return end;
}

function normOf(output: string, channels: number) {
  const stem = `${output}.norm`;
  const filled = (name: string, value: number): StoredTensor => ({
    name: `${stem}.${name}`,
    type: dataType.float32,
    shape: [channels],
    read: () => new Float32Array(channels).fill(value),
  });
  const weights = [
    filled('weight', Math.sqrt(1 + restoredEpsilon)),
    filled('bias', 0),
    filled('running_mean', 0),
    filled('running_var', 1),
  ];
  const node: GraphNode = {
    name: stem,
    operator: 'BatchNormalization',
    domain: '',
    inputs: [before(output), ...weights.map(({ name }) => name)],
    outputs: [output],
    attributes: new Map([
      ['epsilon', { float: restoredEpsilon }],
      ['momentum', { float: momentum }],
    ]),
  };
  return { node, weights };
}
