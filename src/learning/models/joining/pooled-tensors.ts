import type { Attribute, GraphNode, OnnxGraph, StoredTensor } from '../graph/file/onnx-graph.ts';
import { dataType } from '../graph/file/tensor-values.ts';
import type { PlacedTensor } from '../graph-network.ts';
import type { Pool } from '../pools.ts';

/**
 * Below the root of a variance: without it the gradient of a channel that is the same everywhere
 * would be infinite. It changes a deviation by at most its root, 0.000001.
 */
const leastVariance = 1e-12;

/** From this version on the axes of a reduction are an input. */
const axesAsInput = 18;

/**
 * A network with one more tensor, `[batch, values]`: of each channel of some tensors what the pools
 * say, tensor after tensor and pool after pool, as kind `embed` pools its `layers`. Values without
 * positions are taken as they are.
 */
export function withPooledTensors(
  graph: OnnxGraph,
  tensors: readonly PlacedTensor[],
  pools: readonly Pool[],
): { readonly graph: OnnxGraph; readonly tensor: string } {
  const writer = new PoolWriter(graph);
  const parts = tensors.flatMap((tensor) =>
    tensor.shape.length === 1 ? [tensor.name] : pools.map((pool) => writer.pooled(tensor, pool)),
  );
  const [first = ''] = parts;
  const tensor = parts.length === 1 ? first : writer.node('Concat', parts, 'features', { axis: 1 });
  const nodes = [...graph.nodes, ...writer.nodes];
  const initializers = new Map([...graph.initializers, ...writer.initializers]);
  return { graph: { ...graph, nodes, initializers }, tensor };
}

/** Writes nodes behind those of a network. */
class PoolWriter {
  readonly nodes: GraphNode[] = [];
  readonly initializers = new Map<string, StoredTensor>();
  readonly #stem: string;
  readonly #opset: number;

  constructor({ nodes, initializers, opset }: OnnxGraph) {
    this.#opset = opset;
    const taken = [...nodes.flatMap(({ outputs }) => outputs), ...initializers.keys()];
    let stem = 'pooled';
    for (let number = 2; taken.some((name) => name.startsWith(`${stem}/`)); number++)
      stem = `pooled${number}`;
    this.#stem = stem;
  }

  pooled({ name, shape, layout }: PlacedTensor, pool: Pool): string {
    // The axis of the images comes first, that of channels second or last.
    const first = layout === 'channelsLast' ? 2 : 1;
    const axes = Array.from({ length: shape.length - 1 }, (_, i) => first + i);
    if (pool === 'mean') return this.#mean(name, axes, `${name}/mean`, false);
    const mean = this.#mean(name, axes, `${name}/centre`, true);
    const difference = this.node('Sub', [name, mean], `${name}/difference`);
    const square = this.node('Mul', [difference, difference], `${name}/square`);
    const variance = this.#mean(square, axes, `${name}/variance`, false);
    const least = this.#constant('least_variance', {
      type: dataType.float32,
      shape: [],
      read: () => Float32Array.of(leastVariance),
    });
    const above = this.node('Add', [variance, least], `${name}/above`);
    return this.node('Sqrt', [above], `${name}/deviation`);
  }

  node(
    operator: string,
    inputs: readonly string[],
    name: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const output = `${this.#stem}/${name}`;
    this.nodes.push({
      name: output,
      operator,
      domain: '',
      inputs,
      outputs: [output],
      attributes: new Map(Object.entries(attributes)),
    });
    return output;
  }

  #mean(input: string, axes: readonly number[], name: string, isKept: boolean): string {
    const keepdims = isKept ? 1 : 0;
    if (this.#opset < axesAsInput)
      return this.node('ReduceMean', [input], name, { axes, keepdims });
    const positions = this.#constant(`axes_${axes.join('_')}`, {
      type: dataType.int64,
      shape: [axes.length],
      read: () => axes,
    });
    return this.node('ReduceMean', [input, positions], name, { keepdims });
  }

  #constant(name: string, stored: Omit<StoredTensor, 'name'>): string {
    const full = `${this.#stem}/${name}`;
    this.initializers.set(full, { name: full, ...stored });
    return full;
  }
}
