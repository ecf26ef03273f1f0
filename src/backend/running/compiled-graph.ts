import { bytesPerElement, type HostArray, sizeOf } from '../dtype.ts';
import { kernels } from '../kernels/index.ts';
import { lowerTrace } from '../lowering/lower.ts';
import type { GraphEnd } from '../lowering/lowering.ts';
import type { LiveTrace, TraceValue } from '../trace.ts';
import { OrtSession, type SessionArray, type SessionOptions } from './ort-session.ts';
import { peakMemory } from './peak-memory.ts';

export interface CompileOptions extends SessionOptions {
  /** Channels in a block of ONNX Runtime's blocked convolutions on this processor; 0 where it has none. */
  readonly channelBlock: number;
}

/** A trace's graph in a session of ONNX Runtime, with some of its leaves in it as constants. */
export class CompiledGraph {
  /** About the bytes that it holds on to from run to run. */
  readonly weight: number;
  readonly #session: OrtSession;
  readonly #constant: ReadonlySet<number>;
  readonly #leaves: readonly GraphEnd[];
  readonly #results: readonly GraphEnd[];

  /** @param constant the places of the leaves that become constants */
  constructor(live: LiveTrace, constant: readonly number[], { channelBlock, ...options }: CompileOptions) {
    const constants = constant.map((place) => live.leaves[place] as TraceValue);
    const lowered = lowerTrace(live, kernels, { channelBlock, constants: new Set(constants) });
    this.weight = peakMemory(live) + bytesOf(constants);
    this.#constant = new Set(constant);
    this.#leaves = lowered.leaves;
    this.#results = lowered.results;
    this.#session = new OrtSession(lowered.graph, options);
  }

  get profile(): string | undefined {
    return this.#session.profile;
  }

  /** @param arrays where to write the results, in the trace's order */
  run({ leaves, results }: LiveTrace, arrays: readonly HostArray[]): void {
    const feeds = new Map<string, SessionArray>();
    for (const [place, value] of leaves.entries()) {
      if (!this.#constant.has(place)) bind(feeds, this.#leaves[place]!, value, value.data as HostArray);
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

function bytesOf(values: readonly TraceValue[]): number {
  return values.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement(dtype), 0);
}
