import { bytesPerElement, type HostArray, sizeOf } from './dtype.ts';
import { type GraphEnd, lowerTrace } from './lower.ts';
import { OrtSession, type SessionArray, type SessionOptions } from './ort-session.ts';
import type { LiveTrace, TraceValue } from './trace.ts';

export interface CompileOptions extends SessionOptions {
  /** Channels in a block of ONNX Runtime's blocked convolutions on this processor; 0 where it has none. */
  readonly channelBlock: number;
}

/** One run of a graph, as a profile refers to it. */
export interface GraphRun {
  /** Beginning of the name of ONNX Runtime's profile of the graph; none when it writes none. */
  readonly profile: string | undefined;
  /** How often the graph ran before. */
  readonly index: number;
  /** Whether it may soon be compiled once more, with constants. */
  readonly settling: boolean;
}

/** After so many runs with the same weights these are taken for constant. */
const SETTLED_AFTER = 8;

/**
 * The graph of a trace, compiled. Weights are fed to it like everything else, until they have been the same for a while,
 * as they are when a net is only used, or a part of it is frozen: then it is compiled once more with these weights as
 * constants, which ONNX Runtime takes into its operators (BatchNorm into convolutions) and lays out beforehand. It
 * counts runs, not time, so that the same program computes the same bits.
 */
export class CompiledTrace {
  readonly #options: CompileOptions;
  readonly #general: CompiledGraph;
  /** The places of the leaves that may become constants. */
  readonly #weights: readonly number[];
  /** The leaves that were last there, and in how many runs in a row. */
  readonly #unchanged: { id: number; runs: number }[];
  #settled: CompiledGraph | undefined;

  constructor(live: LiveTrace, options: CompileOptions) {
    this.#options = options;
    this.#general = new CompiledGraph(live, [], options);
    this.#weights = weightsOf(live);
    this.#unchanged = this.#weights.map(() => ({ id: -1, runs: 0 }));
  }

  /** @param arrays where to write the results, in the trace's order */
  run(live: LiveTrace, arrays: readonly HostArray[]): GraphRun {
    const graph = this.#settledOn(live) ?? this.#general;
    const index = graph.runs;
    graph.run(live, arrays);
    const settling = graph === this.#general && this.#unchanged.some(({ runs }) => runs > 0);
    return { profile: graph.profile, index, settling };
  }

  dispose(): void {
    this.#general.dispose();
    this.#settled?.dispose();
  }

  #settledOn(live: LiveTrace): CompiledGraph | undefined {
    if (this.#settled?.holds(live) === true) return this.#settled;
    this.#settled?.dispose();
    this.#settled = undefined;
    for (const [i, place] of this.#weights.entries()) {
      const { id } = live.leaves[place] as TraceValue;
      const last = this.#unchanged[i];
      this.#unchanged[i] = { id, runs: last?.id === id ? last.runs + 1 : 0 };
    }
    const constant = this.#weights.filter((_, i) => this.#unchanged[i]!.runs >= SETTLED_AFTER);
    if (constant.length === 0) return undefined;
    this.#settled = new CompiledGraph(live, constant, this.#options);
    return this.#settled;
  }
}

/** Leaves that no node reads as its first operand: filters, biases and statistics, but not what they are applied to. */
function weightsOf({ nodes, leaves }: LiveTrace): number[] {
  const applied = new Set(nodes.map(({ operands }) => operands[0]?.value));
  return leaves.flatMap((leaf, place) => {
    const weight = !applied.has(leaf) && leaf.dtype === 'float32' && sizeOf(leaf.shape) > 1;
    return weight ? [place] : [];
  });
}

/** A graph with some of its leaves in it as constants. */
class CompiledGraph {
  readonly #session: OrtSession;
  readonly #constants: ReadonlyMap<number, number>;
  readonly #leaves: readonly GraphEnd[];
  readonly #results: readonly GraphEnd[];
  #runs = 0;

  /** @param constant the places of the leaves that become constants */
  constructor(live: LiveTrace, constant: readonly number[], { channelBlock, ...options }: CompileOptions) {
    const leaf = (place: number) => live.leaves[place] as TraceValue;
    this.#constants = new Map(constant.map((place) => [place, leaf(place).id]));
    const lowered = lowerTrace(live, { channelBlock, constants: new Set(constant.map(leaf)) });
    this.#leaves = lowered.leaves;
    this.#results = lowered.results;
    this.#session = new OrtSession(lowered.graph, options);
  }

  /** Whether the leaves that are constants here are the trace's. */
  holds({ leaves }: LiveTrace): boolean {
    for (const [place, id] of this.#constants) if (leaves[place]?.id !== id) return false;
    return true;
  }

  get profile(): string | undefined {
    return this.#session.profile;
  }

  /** How often it ran. */
  get runs(): number {
    return this.#runs;
  }

  run({ leaves, results }: LiveTrace, arrays: readonly HostArray[]): void {
    this.#runs++;
    const feeds = new Map<string, SessionArray>();
    for (const [place, value] of leaves.entries()) {
      if (!this.#constants.has(place)) bind(feeds, this.#leaves[place]!, value, value.data as HostArray);
    }
    const fetches = new Map<string, SessionArray>();
    for (const [i, value] of results.entries()) bind(fetches, this.#results[i]!, value, arrays[i]!);
    this.#session.run(feeds, fetches);
  }

  dispose(): void {
    this.#session.dispose();
  }
}

function bind(to: Map<string, SessionArray>, { name, shape }: GraphEnd, { dtype }: TraceValue, data: HostArray): void {
  to.set(name, { dtype, shape, data });
}

/** About the bytes that ONNX Runtime keeps of a trace between its runs. */
export function workingMemoryOf({ nodes }: LiveTrace): number {
  const values = nodes.flatMap(({ outputs }) => outputs);
  return values.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement(dtype), 0);
}
