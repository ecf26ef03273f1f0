import {
  bytesOf,
  type HostArray,
  type LiveTrace,
  sizeOf,
  type TraceValue,
} from '../trace/trace.ts';

/** A graph that was compiled for a trace; disposed of when another replaces it. */
interface Graph {
  /** About the bytes that it holds on to from run to run. */
  readonly weight: number;
  /** Beginning of the name of ONNX Runtime's profile of it; none when it writes none. */
  readonly profile: string | undefined;
  run(live: LiveTrace, arrays: readonly HostArray[]): void;
  dispose(): void;
}

/** Compiles a trace's graph, with the leaves at some positions as its constants. */
type Compile = (live: LiveTrace, constant: readonly number[]) => Graph;

/** One run of a graph, as a profile refers to it. */
interface GraphRun {
  readonly profile: string | undefined;
  /** How often the graph ran before. */
  readonly index: number;
  /** Whether another may soon be compiled instead, with more constants. */
  readonly settling: boolean;
}

/** After so many runs with the same value, a leaf counts as constant. */
const SETTLED_AFTER = 8;
/** So many runs repay compiling once more. */
const PAID_AFTER = 32;
/** Bytes of constants at most: a model of 2 GiB is more than protobuf takes. */
const MOST_CONSTANTS = 2 ** 30;

/**
 * The graph of a trace, compiled. Weights are fed to it like everything else, until they have been
 * the same for a while, as where a net is only used or a part of it is frozen: then it is compiled
 * once more with these weights as constants, which ONNX Runtime takes into its operators. When one
 * of them changes, it is compiled without it.
 *
 * If that happens too soon to have been worth it, as where a net is evaluated on a few batches
 * between epochs, weights have to be the same for twice as long the next time. So of `n` runs, at
 * most about `n / 32 + log2(n)` compile a graph with constants. Runs are counted, not timed, so
 * that the same program computes the same bits.
 */
export class CompiledTrace {
  readonly #compile: Compile;
  /**
   * For every leaf that may become a constant, by position: the value that was last there, and for
   * how many runs before.
   */
  readonly #weights: Map<number, { readonly id: number; readonly runs: number }>;
  /** The ids of the graph's constants, by position. */
  #constants: ReadonlyMap<number, number> = new Map();
  /** Undefined where its memory was given back. */
  #graph: Graph | undefined;
  #runs = 0;
  #runsOfGraph = 0;
  /** The runs since the graph was compiled, or since {@link beginAnew}. */
  #runsCounted = 0;
  #patience: number;
  /** Values that are constants from their first run on, by id. */
  #lasting: ReadonlySet<number>;
  #begunAnew = false;

  /**
   * Without `lasting`, as {@link beginAnew} takes them, constants are found by counting alone.
   * Throws what `compile` throws, as `run` does.
   */
  constructor(live: LiveTrace, compile: Compile, lasting?: ReadonlySet<number>) {
    this.#compile = compile;
    this.#weights = new Map(weightsOf(live).map((position) => [position, neverSeen]));
    this.#lasting = lasting ?? new Set();
    this.#patience = lasting === undefined ? SETTLED_AFTER : PAID_AFTER;
    const constant = affordable(
      [...this.#weights.keys()].filter((position) => this.#lasting.has(idOf(live, position))),
      live,
    );
    this.#constants = new Map(constant.map((position) => [position, idOf(live, position)]));
    this.#graph = compile(live, constant);
  }

  /**
   * Forgets the counts, so that the following runs compute to the bit what those of a new trace
   * would. Values with the ids `lasting` are constants at once, others after enough unchanged runs
   * to repay compiling twice.
   */
  beginAnew(lasting: ReadonlySet<number>): void {
    for (const position of this.#weights.keys()) this.#weights.set(position, neverSeen);
    this.#lasting = lasting;
    this.#patience = PAID_AFTER;
    this.#runsCounted = 0;
    this.#begunAnew = true;
  }

  /** About the bytes that it holds on to; a run that compiles changes them. */
  get weight(): number {
    return this.#graph?.weight ?? 0;
  }

  get runs(): number {
    return this.#runs;
  }

  /** @param arrays where to write the results, in the trace's order */
  run(live: LiveTrace, arrays: readonly HostArray[]): GraphRun {
    this.#suit(live);
    this.#graph ??= this.#compile(live, [...this.#constants.keys()]);
    const index = this.#runsOfGraph++;
    this.#runsCounted++;
    this.#runs++;
    this.#graph.run(live, arrays);
    const settling = [...this.#weights].some(
      ([position, { runs }]) => runs > 0 && !this.#constants.has(position),
    );
    return { profile: this.#graph.profile, index, settling };
  }

  /** Its counts stay, so that its further runs compute to the bit what they would have. */
  release(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
    this.#runsOfGraph = 0;
  }

  dispose(): void {
    this.release();
  }

  /**
   * Compiles another graph if the constants are no longer this trace's values, or if others should
   * become constants.
   */
  #suit(live: LiveTrace): void {
    const settled = this.#settledOf(live);
    const holds = [...this.#constants].every(([position, id]) => idOf(live, position) === id);
    const kept = holds && !this.#begunAnew ? this.#constants.keys() : [];
    const constant = [...new Set([...kept, ...settled])];
    const isSame =
      holds &&
      constant.length === this.#constants.size &&
      constant.every((p) => this.#constants.has(p));
    if (!isSame) this.#recompile(live, constant);
    this.#begunAnew = false;
  }

  #recompile(live: LiveTrace, constant: readonly number[]): void {
    const graph = this.#compile(live, constant);
    this.#graph?.dispose();
    this.#graph = graph;
    const wasPaid = this.#constants.size === 0 || this.#runsCounted >= PAID_AFTER;
    if (!wasPaid && !this.#begunAnew) this.#patience *= 2;
    this.#constants = new Map(constant.map((position) => [position, idOf(live, position)]));
    this.#runsOfGraph = 0;
    this.#runsCounted = 0;
  }

  /** The positions of the weights that stayed the same for long, or are declared lasting. */
  #settledOf(live: LiveTrace): number[] {
    const settled: number[] = [];
    for (const [position, last] of this.#weights) {
      const id = idOf(live, position);
      const runs = last.id === id ? last.runs + 1 : 0;
      this.#weights.set(position, { id, runs });
      if (runs >= this.#patience || this.#lasting.has(id)) settled.push(position);
    }
    return affordable(settled, live);
  }
}

const neverSeen = { id: -1, runs: 0 };

const idOf = ({ leaves }: LiveTrace, position: number): number =>
  (leaves[position] as TraceValue).id;

/** The positions, or none where their leaves are more than a model takes. */
function affordable(positions: number[], { leaves }: LiveTrace): number[] {
  const bytes = positions.reduce(
    (sum, position) => sum + bytesOf(leaves[position] as TraceValue),
    0,
  );
  return bytes <= MOST_CONSTANTS ? positions : [];
}

/**
 * Leaves that no node reads as its first operand: filters, biases and statistics, but not what they
 * are applied to.
 */
function weightsOf({ nodes, leaves }: LiveTrace): number[] {
  const applied = new Set(nodes.map(({ operands }) => operands[0]?.value));
  return leaves.flatMap((leaf, position) => {
    const weight = !applied.has(leaf) && leaf.dtype === 'float32' && sizeOf(leaf.shape) > 1;
    return weight ? [position] : [];
  });
}

/**
 * Is called for everything that a backend computes, for a profile. Its exceptions reach the reader
 * of the value.
 */
export interface RunObserver {
  /** A graph ran; times in milliseconds, as `performance.now()` gives them. */
  ran(run: ObservedRun): void;
  /** A kernel ran on tfjs's cpu backend; the time may include runs that computed its inputs. */
  ranOnCpu(kernel: string, startedAt: number, endedAt: number): void;
}

/** A run of a graph with its trace and its times. */
export interface ObservedRun extends GraphRun {
  readonly live: LiveTrace;
  readonly startedAt: number;
  readonly endedAt: number;
}
