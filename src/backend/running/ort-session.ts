import { executionProviders, type Provider } from '../gpu/gpu.ts';
import { GraphBuilder } from '../lowering/graph-builder.ts';
import { encodeModel, type OnnxGraph } from '../lowering/onnx-writer.ts';
import { binding, initOrt, Tensor } from '../packages/onnx-runtime.ts';
import type { HostArray, ValueType } from '../trace/trace.ts';

/** How ONNX Runtime runs a graph. */
export interface SessionOptions {
  /**
   * Threads inside one operator, the calling one included; by default every core that the process
   * may use, by its quota too.
   */
  readonly threads: number;
  /**
   * ONNX Runtime's execution provider, which runs the operators that it has; the CPU runs the
   * others, and all by default.
   */
  readonly provider?: Provider | undefined;
  /**
   * Beginning of the names of ONNX Runtime's profiles, which are written when a session is disposed
   * of; none by default.
   */
  readonly profile?: string | undefined;
}

/** How ONNX Runtime holds the memory of a graph. */
export interface GraphMemory {
  /**
   * Whether all of a run's arrays get places in one block of memory, which is faster, or each gets
   * its own. The block is taken in addition to what the first run took.
   */
  readonly asBlock: boolean;
}

/** An array as ONNX Runtime reads or writes it without a copy. */
export interface SessionArray {
  readonly dtype: ValueType;
  readonly shape: readonly number[];
  readonly data: HostArray;
}

let nextProfile = 0;

/** A compiled graph. Not safe after `dispose`. */
export class OrtSession {
  readonly #session: InstanceType<typeof binding.InferenceSession>;
  /** Beginning of the name of its profile, which no other one's begins with. */
  readonly profile: string | undefined;

  /** @throws what ONNX Runtime says when it does not take the graph. */
  constructor(
    graph: OnnxGraph,
    { threads, provider, profile }: SessionOptions,
    { asBlock }: GraphMemory = { asBlock: true },
  ) {
    initOrt();
    const model = encodeModel(withSentinel(graph));
    this.#session = new binding.InferenceSession();
    this.profile = profile === undefined ? undefined : `${profile}-${nextProfile++}-`;
    this.#session.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableMemPattern: asBlock,
      // Errors come as exceptions too; printing them as well helps no one.
      logSeverityLevel: 4,
      executionProviders: executionProviders(graph, provider),
      ...(this.profile !== undefined && { enableProfiling: true, profileFilePrefix: this.profile }),
    });
  }

  /** Computes the fetched arrays, each written into the memory that is handed in for it. */
  run(feeds: ReadonlyMap<string, SessionArray>, fetches: ReadonlyMap<string, SessionArray>): void {
    try {
      this.#session.run(tensors(feeds), { [SENTINEL]: null, ...tensors(fetches) } as Fetches, {});
    } catch (error) {
      if (!(error instanceof Error && error.message.includes(NOT_CONVERTED))) throw error;
    }
  }

  /** The shape that ONNX Runtime gives an output. */
  shapeOf(output: string, feeds: ReadonlyMap<string, SessionArray>): readonly number[] {
    return (this.#session.run(tensors(feeds), { [output]: null }, {})[output] as Tensor).dims;
  }

  dispose(): void {
    if (this.profile !== undefined) this.#session.endProfiling();
    this.#session.dispose();
  }
}

/**
 * How many channels make a block of ONNX Runtime's blocked convolutions here: 16 with AVX-512, 8
 * with AVX2, 0 where it has none. Only the operator that reorders into blocks reveals it, since it
 * rounds the channels up to whole blocks.
 */
export function channelBlock(): number {
  const graph = new GraphBuilder();
  const image = graph.input('float32', [1, 4, 1, 1]);
  const blocked = graph.node('ReorderInput', [image], { domain: 'com.microsoft.nchwc' });
  graph.output(blocked, 'float32');
  let session: OrtSession;
  try {
    session = new OrtSession(graph.finish(), { threads: 1 });
  } catch {
    return 0;
  }
  const feed = { dtype: 'float32', shape: [1, 4, 1, 1], data: new Float32Array(4) } as const;
  const [, channels = 0] = session.shapeOf(blocked, new Map([[image, feed]]));
  session.dispose();
  return channels > 4 ? channels : 0;
}

type Fetches = Parameters<InstanceType<typeof binding.InferenceSession>['run']>[1];

/**
 * After a run, every output is in the memory that was handed in for it. The binding then copies
 * each of them into a new array, in the graph's order. An output that it cannot convert, put first,
 * ends this with an exception, which cannot be thrown before. If a later version of the binding can
 * convert it, the copies are back, and nothing else changes.
 */
const SENTINEL = 'sentinel';
const NOT_CONVERTED = 'Non tensor type is temporarily not supported';

function withSentinel(graph: OnnxGraph): OnnxGraph {
  const node = {
    type: 'SequenceEmpty',
    domain: '',
    inputs: [],
    outputs: [SENTINEL],
    attributes: {},
  };
  const nodes = [node, ...graph.nodes];
  return { ...graph, nodes, outputs: [{ name: SENTINEL, type: 'sequence' }, ...graph.outputs] };
}

function tensors(arrays: ReadonlyMap<string, SessionArray>): Record<string, Tensor> {
  const result: Record<string, Tensor> = {};
  for (const [name, { dtype, shape, data }] of arrays)
    result[name] = new Tensor(dtype, data, shape);
  return result;
}
