import { bytesPerElement, type HostArray, sizeOf } from './dtype.ts';
import type { LiveTrace, TraceValue } from './trace.ts';

/** A graph that was compiled for a trace; disposed of when another takes its place. */
export interface Graph {
  /** About the bytes that it holds on to from run to run. */
  readonly weight: number;
  /** Beginning of the name of ONNX Runtime's profile of it; none when it writes none. */
  readonly profile: string | undefined;
  run(live: LiveTrace, arrays: readonly HostArray[]): void;
  dispose(): void;
}

/** Compiles a trace's graph, with the leaves at some places as its constants. */
export type Compile = (live: LiveTrace, constant: readonly number[]) => Graph;

/** One run of a graph, as a profile refers to it. */
export interface GraphRun {
  readonly profile: string | undefined;
  /** How often the graph ran before. */
  readonly index: number;
  /** Whether another may soon be compiled in its place, with more constants. */
  readonly settling: boolean;
}

/** After so many runs with the same value a leaf is taken for constant. */
const SETTLED_AFTER = 8;
/** So many runs make up for compiling once more. */
const PAID_AFTER = 32;
/** Bytes of constants at most: a model of 2 GiB is more than protobuf takes. */
const MOST_CONSTANTS = 2 ** 30;

/**
 * The graph of a trace, compiled. Weights are fed to it like everything else, until they have been the same for a while,
 * as they are when a net is only used, or a part of it is frozen: then it is compiled once more with these weights as
 * constants, which ONNX Runtime takes into its operators (BatchNorm into convolutions) and lays out beforehand. When one
 * of them changes, it is compiled without it.
 *
 * If that happens too soon to have been worth it, as where a net is evaluated on a few batches between epochs, weights
 * have to be the same for twice as long the next time. So of `n` runs, at most about `n / 32 + log2(n)` compile a graph
 * with constants. Runs are counted, not timed, so that the same program computes the same bits.
 */
export class CompiledTrace {
  readonly #compile: Compile;
  /** Of every leaf that may become a constant, by place: what was last there, and for how many runs before. */
  readonly #weights: Map<number, { readonly id: number; readonly runs: number }>;
  /** What the constants of the graph are, by place. */
  #constants: ReadonlyMap<number, number> = new Map();
  #graph: Graph;
  #runsOfGraph = 0;
  #patience = SETTLED_AFTER;

  /** @throws what `compile` throws, as `run` does */
  constructor(live: LiveTrace, compile: Compile) {
    this.#compile = compile;
    this.#weights = new Map(weightsOf(live).map((place) => [place, { id: -1, runs: 0 }]));
    this.#graph = compile(live, []);
  }

  /** About the bytes that it holds on to; other ones after a run that compiled anew. */
  get weight(): number {
    return this.#graph.weight;
  }

  /** @param arrays where to write the results, in the trace's order */
  run(live: LiveTrace, arrays: readonly HostArray[]): GraphRun {
    this.#suit(live);
    const index = this.#runsOfGraph++;
    this.#graph.run(live, arrays);
    const settling = [...this.#weights].some(([place, { runs }]) => runs > 0 && !this.#constants.has(place));
    return { profile: this.#graph.profile, index, settling };
  }

  dispose(): void {
    this.#graph.dispose();
  }

  /** Sees to it that the constants of the graph are this trace's, and those that are worth being some. */
  #suit({ leaves, ...live }: LiveTrace): void {
    const idAt = (place: number) => (leaves[place] as TraceValue).id;
    const settled = this.#settledOf(leaves);
    const holds = [...this.#constants].every(([place, id]) => idAt(place) === id);
    if (holds && settled.every((place) => this.#constants.has(place))) return;
    const constant = [...new Set([...(holds ? this.#constants.keys() : []), ...settled])];
    const graph = this.#compile({ leaves, ...live }, constant);
    this.#graph.dispose();
    this.#graph = graph;
    if (this.#constants.size > 0 && this.#runsOfGraph < PAID_AFTER) this.#patience *= 2;
    this.#constants = new Map(constant.map((place) => [place, idAt(place)]));
    this.#runsOfGraph = 0;
  }

  /** The places of the weights that have been the same for long. */
  #settledOf(leaves: readonly TraceValue[]): number[] {
    const settled: number[] = [];
    let bytes = 0;
    for (const [place, last] of this.#weights) {
      const { id, shape, dtype } = leaves[place] as TraceValue;
      const runs = last.id === id ? last.runs + 1 : 0;
      this.#weights.set(place, { id, runs });
      if (runs < this.#patience) continue;
      settled.push(place);
      bytes += sizeOf(shape) * bytesPerElement(dtype);
    }
    return bytes <= MOST_CONSTANTS ? settled : [];
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
