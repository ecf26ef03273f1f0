import {
  exactJson,
  type HostArray,
  ONNX_TYPE,
  type OnnxType,
  type ValueType,
} from '../trace/trace.ts';
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxInitializer,
  OnnxNode,
  OnnxValue,
} from './onnx-writer.ts';

/** ONNX Runtime's own operators: fused ones, and those on tensors whose channels lie in blocks. */
type Domain = '' | 'com.microsoft' | 'com.microsoft.nchwc';

interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: Domain;
}

/**
 * An ONNX graph that is being written. Every method returns the name of the value that it makes;
 * names are unique within a builder and the subgraphs begun from it. Equal constants, and equal
 * nodes, are written once.
 */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #constants = new Map<string, string>();
  /** The outputs of the nodes so far, by everything that they depend on. */
  readonly #written = new Map<string, string[]>();
  readonly #naming: { next: number; label: string };

  constructor(naming = { next: 0, label: '' }) {
    this.#naming = naming;
  }

  /** A graph inside this one (the body of a Scan); it may read this one's values by name. */
  subgraph(): GraphBuilder {
    return new GraphBuilder(this.#naming);
  }

  /** Puts a label before the names of all that is written meanwhile, here and in subgraphs. */
  labelled<T>(label: string, write: () => T): T {
    const before = this.#naming.label;
    this.#naming.label = `${label}/`;
    try {
      return write();
    } finally {
      this.#naming.label = before;
    }
  }

  node(type: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodes(type, inputs, 1, options)[0] as string;
  }

  /** A node of several outputs. */
  nodes(
    type: string,
    inputs: readonly string[],
    outputCount: number,
    options: NodeOptions = {},
  ): string[] {
    const { attributes = {}, domain = '' } = options;
    const key = exactJson([domain, type, inputs, outputCount, attributes]);
    const known = this.#written.get(key);
    if (known !== undefined) return known;
    const outputs = Array.from({ length: outputCount }, () => this.#name(type));
    this.#nodes.push({ type, domain, inputs, outputs, attributes });
    this.#written.set(key, outputs);
    return outputs;
  }

  input(type: OnnxType, shape?: readonly number[]): string {
    const name = this.#name('input');
    this.#inputs.push({ name, type, ...(shape && { shape }) });
    return name;
  }

  output(name: string, type: OnnxType, shape?: readonly number[]): void {
    this.#outputs.push({ name, type, ...(shape && { shape }) });
  }

  /** A vector of int64, as the operators take their shapes, axes and bounds. */
  ints(values: readonly number[]): string {
    return this.#constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  int(value: number): string {
    return this.#constant('int64', [], BigInt64Array.of(BigInt(value)));
  }

  /** A scalar of the given type. */
  scalar(value: number, type: 'float32' | 'int32' | 'bool' = 'float32'): string {
    if (type === 'int32') return this.#constant(type, [], Int32Array.of(value));
    if (type === 'bool') return this.#constant(type, [], Uint8Array.of(value === 0 ? 0 : 1));
    return this.#constant(type, [], Float32Array.of(value));
  }

  floats(values: readonly number[]): string {
    return this.#constant('float32', [values.length], Float32Array.from(values));
  }

  filled(length: number, value: number): string {
    return this.floats(Array.from({ length }, () => value));
  }

  /** A whole array, without the search for an equal constant. */
  array(type: ValueType, shape: readonly number[], data: HostArray): string {
    const name = this.#name('constant');
    this.#initializers.push({ name, type, shape, data });
    return name;
  }

  reshape(name: string, shape: readonly number[]): string {
    // allowzero: a 0 is an empty axis here, never "as before".
    return this.node('Reshape', [name, this.ints(shape)], { attributes: { allowzero: 1 } });
  }

  transpose(name: string, perm: readonly number[]): string {
    return this.node('Transpose', [name], { attributes: { perm } });
  }

  slice(
    name: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
  ): string {
    return this.node('Slice', [name, this.ints(starts), this.ints(ends), this.ints(axes)]);
  }

  /** Zeros after the end of every axis. */
  padEnd(name: string, counts: readonly number[]): string {
    return this.node('Pad', [name, this.ints([...counts.map(() => 0), ...counts])]);
  }

  cast(name: string, type: OnnxType): string {
    return this.node('Cast', [name], { attributes: { to: ONNX_TYPE[type] } });
  }

  /** A reduction over some axes, which are dropped. */
  reduce(operator: string, name: string, axes: readonly number[]): string {
    return this.node(operator, [name, this.ints(axes)], { attributes: { keepdims: 0 } });
  }

  finish(): OnnxGraph {
    return {
      nodes: neededOf(this.#nodes, this.#outputs),
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }

  #constant(type: OnnxType, shape: readonly number[], data: OnnxInitializer['data']): string {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = `${type} ${shape} ${bytes.toString('latin1')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#name('constant');
    this.#initializers.push({ name, type, shape, data });
    this.#constants.set(key, name);
    return name;
  }

  #name(prefix: string): string {
    return `${this.#naming.label}${prefix}_${this.#naming.next++}`;
  }
}

/** The nodes that the outputs follow from, in order. */
function neededOf(nodes: readonly OnnxNode[], outputs: readonly OnnxValue[]): OnnxNode[] {
  const needed = new Set(outputs.map(({ name }) => name));
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of readBy(node)) needed.add(name);
  }
  return kept.reverse();
}

/**
 * The values that a node reads: its inputs, and those that the graphs inside it read from outside.
 */
function readBy({ inputs, attributes }: OnnxNode): string[] {
  const inside = Object.values(attributes).flatMap((attribute) => {
    if (typeof attribute !== 'object' || !('graph' in attribute)) return [];
    return [
      ...attribute.graph.nodes.flatMap(readBy),
      ...attribute.graph.outputs.map(({ name }) => name),
    ];
  });
  return [...inputs, ...inside];
}
