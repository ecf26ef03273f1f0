import { kernels } from '../kernels/index.ts';
import { lowerTrace } from '../lowering/lower.ts';
import type { GraphEnd, LoweringOptions } from '../lowering/lowering.ts';
import {
  bytesOf,
  type HostArray,
  type LiveTrace,
  peakMemory,
  type TraceValue,
} from '../trace/trace.ts';
import { OrtSession, type SessionOptions } from './ort-session.ts';
import { LARGE } from './session-cache.ts';

interface CompileOptions extends SessionOptions {
  /** See {@link LoweringOptions.channelBlock}. */
  readonly channelBlock: LoweringOptions['channelBlock'];
}

/** A trace's graph in a session of ONNX Runtime, with some of its leaves in it as constants. */
export class CompiledGraph {
  /** About the bytes that it holds on to from run to run. */
  readonly weight: number;
  readonly #session: OrtSession;
  readonly #constant: ReadonlySet<number>;
  readonly #leaves: readonly GraphEnd[];
  readonly #results: readonly GraphEnd[];

  /** @param constant the positions of the leaves that become constants */
  constructor(
    live: LiveTrace,
    constant: readonly number[],
    { channelBlock, ...options }: CompileOptions,
  ) {
    const constants = constant.map((position) => live.leaves[position] as TraceValue);
    const lowered = lowerTrace(live, kernels, { channelBlock, constants: new Set(constants) });
    const memory = peakMemory(live);
    this.weight = constants.reduce((sum, value) => sum + bytesOf(value), memory);
    this.#constant = new Set(constant);
    this.#leaves = lowered.leaves;
    this.#results = lowered.results;
    // A block costs a large graph more than it saves (measured: bench/backend/README.md).
    this.#session = new OrtSession(lowered.graph, options, { asBlock: memory < LARGE });
  }

  get profile(): string | undefined {
    return this.#session.profile;
  }

  /** @param arrays where to write the results, in the trace's order */
  run({ leaves, results }: LiveTrace, arrays: readonly HostArray[]): void {
    const bound = ({ name, shape }: GraphEnd, { dtype }: TraceValue, data: HostArray) =>
      [name, { dtype, shape, data }] as const;
    const feeds = leaves.flatMap((value, position) => {
      return this.#constant.has(position)
        ? []
        : [bound(this.#leaves[position]!, value, value.data as HostArray)];
    });
    const fetches = results.map((value, i) => bound(this.#results[i]!, value, arrays[i]!));
    this.#session.run(new Map(feeds), new Map(fetches));
  }

  dispose(): void {
    this.#session.dispose();
  }
}
