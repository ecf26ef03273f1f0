import type {
  OnnxGraph,
  OnnxInitializer,
  OnnxNode,
} from '../../../backend/lowering/onnx-writer.ts';

/** For each operator with weights: the axis of its outputs in them. */
const outputAxes: Readonly<Record<string, (node: OnnxNode, rank: number) => number>> = {
  Conv: () => 0,
  Gemm: ({ attributes }) => (attributes['transB'] === 1 ? 0 : 1),
  MatMul: (_, rank) => rank - 1,
};

/** The largest whole number of a weight. −128 is left out: a weight and its opposite must fit. */
const most = 127;

/**
 * The same graph with the weights of convolutions and matrix products as 8-bit integers: each
 * output channel has a scale, the largest of its absolute weights over 127, and a node
 * `DequantizeLinear` multiplies by it. Computation stays in float32, so only the rounding of
 * weights changes results. Biases and the statistics of normalisations stay as they are.
 */
export function quantiseWeights(graph: OnnxGraph): OnnxGraph {
  const axes = axesOfWeights(graph);
  const nodes: OnnxNode[] = [];
  const initializers = graph.initializers.flatMap((initializer) => {
    const axis = axes.get(initializer.name);
    if (axis === undefined) return [initializer];
    const { integers, scales } = quantise(initializer, axis);
    nodes.push({
      type: 'DequantizeLinear',
      domain: '',
      inputs: [integers.name, scales.name],
      outputs: [initializer.name],
      attributes: { axis },
    });
    return [integers, scales];
  });
  return { ...graph, nodes: [...nodes, ...graph.nodes], initializers };
}

/** The axis of outputs of each constant that only weighs: one with several uses may be more. */
function axesOfWeights({ nodes, initializers }: OnnxGraph): ReadonlyMap<string, number> {
  const readers = new Map<string, { readonly node: OnnxNode; readonly at: number }[]>();
  for (const node of nodes)
    for (const [at, name] of node.inputs.entries())
      readers.set(name, [...(readers.get(name) ?? []), { node, at }]);
  const axes = new Map<string, number>();
  for (const { name, type, shape } of initializers) {
    const uses = readers.get(name) ?? [];
    const found = uses.map(({ node, at }) =>
      at === 1 ? outputAxes[node.type]?.(node, shape.length) : undefined,
    );
    const [axis] = found;
    const isWeight = type === 'float32' && shape.length >= 2 && axis !== undefined;
    if (isWeight && found.every((other) => other === axis)) axes.set(name, axis);
  }
  return axes;
}

function quantise({ name, shape, data }: OnnxInitializer, axis: number) {
  const channels = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const channelOf = (index: number) => Math.floor(index / inner) % channels;
  const weights = data as Float32Array;
  const largest = new Float32Array(channels);
  for (const [index, weight] of weights.entries()) {
    const channel = channelOf(index);
    largest[channel] = Math.max(largest[channel]!, Math.abs(weight));
  }
  // A channel of zeros has any scale.
  const scales = largest.map((value) => (value === 0 ? 1 : value / most));
  const integers = Int8Array.from(weights, (weight, index) =>
    Math.round(weight / scales[channelOf(index)]!),
  );
  return {
    integers: {
      name: `${name}/int8`,
      type: 'int8',
      shape,
      data: new Uint8Array(integers.buffer),
    },
    scales: { name: `${name}/scale`, type: 'float32', shape: [channels], data: scales },
  } as const;
}
