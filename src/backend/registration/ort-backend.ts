import {
  type BackendTimingInfo,
  type BackendValues,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs';
import { type Kernel, type Operation, operandsOf, type TensorSpec } from '../lowering/kernel.ts';
import { fillOf } from '../lowering/lowering.ts';
import { BufferPool } from '../running/buffer-pool.ts';
import { CompiledGraph } from '../running/compiled-graph.ts';
import { CompiledTrace, type ObservedRun, type RunObserver } from '../running/compiled-trace.ts';
import { runOnCpu } from '../running/cpu-fallback.ts';
import { failure, isOutOfMemory, noRoom } from '../running/failure.ts';
import { usableMemory } from '../running/machine-limits.ts';
import { channelBlock, type SessionOptions } from '../running/ort-session.ts';
import { LARGE, SessionCache } from '../running/session-cache.ts';
import {
  type Attributes,
  type HostArray,
  isValueType,
  type LiveTrace,
  liveTrace,
  newArray,
  type Operand,
  type Phase,
  peakMemory,
  sizeOf,
  type TraceNode,
  TraceValue,
} from '../trace/trace.ts';

/** The options of the backend, none left out. */
export interface OrtBackendOptions extends SessionOptions {
  /**
   * Called once for every kernel that has to run on tfjs's cpu backend; by default `console.warn`.
   */
  readonly warn: (message: string) => void;
  /** Compiled traces to keep at most; by default 64. */
  readonly sessions: number;
  /**
   * Bytes that compiled traces, and memory kept for the next tensors, may each hold on to; by
   * default a quarter of the machine's or container's, by the share of the threads in the cores.
   */
  readonly memory: number;
  /** Called for every run; with `profile`, it also learns the phase of each kernel call. */
  readonly observer?: RunObserver | undefined;
}

/** A tensor's data: a value of a trace, or data of a type that only the cpu kernels know. */
type Stored =
  | { references: number; readonly value: TraceValue }
  | { references: number; readonly value: undefined; readonly foreign: BackendValues };

/**
 * With more pending calls than this, the trace runs although nobody reads it, so that it does not
 * grow for ever.
 */
const LONGEST_TRACE = 20_000;

/**
 * A tfjs backend that computes nothing when a kernel is called: it records the call. When a value
 * is read, what the recorded calls still matter for is run as one ONNX graph, compiled once for
 * every trace of its shape.
 */
export class OrtBackend extends KernelBackend {
  readonly #options: OrtBackendOptions;
  readonly #storage: DataStorage<Stored>;
  /** The recorded calls that have not run yet, in order. */
  #trace: TraceNode[] = [];
  readonly #sessions: SessionCache<CompiledTrace>;
  readonly #pool: BufferPool;
  readonly #warned = new Set<string>();
  /** Ids of the values that were declared lasting; undefined before the first {@link beginAnew}. */
  #lasting: ReadonlySet<number> | undefined;
  readonly #channelBlock: number;
  #runs = 0;
  #compilations = 0;
  /** Whether the trace holds the calls of a gradient; only known to profiles. */
  #hadGradient = false;

  constructor(options: OrtBackendOptions) {
    super();
    this.#options = options;
    // Blocked convolutions are the CPU's own.
    this.#channelBlock = options.provider === undefined ? channelBlock() : 0;
    this.#storage = new DataStorage<Stored>(this, engine());
    this.#sessions = new SessionCache({ sessions: options.sessions, weight: options.memory });
    this.#pool = new BufferPool(options.memory);
  }

  /**
   * Graphs run and compiled so far, those with constants too; compiled traces that are kept, with
   * about the bytes of their working memory and constants; and the bytes that are kept for future
   * tensors.
   */
  get statistics() {
    return {
      runs: this.#runs,
      compilations: this.#compilations,
      sessions: this.#sessions.size,
      sessionBytes: this.#sessions.weight,
      pooledBytes: this.#pool.bytes,
    };
  }

  /** Calls a kernel that has a lowering. */
  call(
    kernel: Kernel,
    inputs: NamedTensorInfoMap,
    attributes: NamedAttrMap | undefined,
  ): TensorInfo | TensorInfo[] {
    const tensors = operandsOf(kernel, inputs);
    if (!tensors.every(({ dtype }) => isValueType(dtype)))
      return this.callOnCpu(kernel.name, inputs, attributes);
    const known = (input: number) => this.#valueOf((tensors[input] as TensorInfo).dataId).data;
    const plan = kernel.plan(
      tensors as readonly (TensorInfo & TensorSpec)[],
      attributes,
      known,
      inputs,
    );
    if (plan === undefined) return this.callOnCpu(kernel.name, inputs, attributes);
    if ('view' in plan) {
      const { dataId, dtype } = tensors[0] as TensorInfo;
      this.incRef(dataId);
      return { dataId, shape: [...plan.view], dtype };
    }
    // ONNX Runtime's operators differ on empty arrays: tfjs's cpu kernels decide.
    if ([...tensors, ...plan.outputs].some(({ shape }) => sizeOf(shape) === 0)) {
      if (plan.outputs.some(({ shape }) => sizeOf(shape) > 0))
        return this.callOnCpu(kernel.name, inputs, attributes);
      const empty = plan.outputs.map((output) => this.#keep(output, newArray(output.dtype, 0)));
      return listed(kernel, empty);
    }
    return listed(kernel, this.#record(kernel.name, plan, tensors));
  }

  /** Calls a kernel of the cpu backend; warns when it is the first call of that kernel. */
  callOnCpu(
    name: string,
    inputs: NamedTensorInfoMap,
    attributes: NamedAttrMap | undefined,
  ): TensorInfo | TensorInfo[] {
    const results = this.callOnHost(name, inputs, attributes);
    // After the run, since a wrong call is an error of that kernel and no reason to warn.
    if (!this.#warned.has(name)) {
      this.#warned.add(name);
      this.#options.warn(
        `Kernel ${name} has no ONNX lowering for such a call; it runs on tfjs's slow cpu backend.`,
      );
    }
    return results;
  }

  /** Calls a kernel of the cpu backend where that is no loss. */
  callOnHost(name: string, inputs: NamedTensorInfoMap, attributes: NamedAttrMap | undefined) {
    const startedAt = performance.now();
    const results = runOnCpu(name, inputs, attributes, this);
    this.#options.observer?.ranOnCpu(name, startedAt, performance.now());
    return results;
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    if (!isValueType(dtype)) {
      this.#storage.set(dataId, { references: refCount, value: undefined, foreign: values });
      return;
    }
    // Copied, since calls on it may run long after the caller has put something else into the
    // array.
    const data = this.#take({ shape, dtype });
    if (dtype === 'bool') for (let i = 0; i < data.length; i++) data[i] = values[i] ? 1 : 0;
    else data.set(values as Float32Array);
    this.#storage.set(dataId, { references: refCount, value: new TraceValue(shape, dtype, data) });
  }

  override readSync(dataId: DataId): BackendValues {
    const stored = this.#storage.get(dataId);
    if (stored.value === undefined) return stored.foreign;
    if (found(stored.value).data === undefined) this.flush();
    return (stored.value.data as HostArray).slice();
  }

  /** Asynchronous only in form: ONNX Runtime computes on the calling thread. */
  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  /** Runs what was recorded and still matters. */
  flush(): void {
    const recorded = this.#trace;
    this.#trace = [];
    this.#hadGradient = false;
    try {
      for (const node of recorded) this.#fill(node);
      const live = liveTrace(recorded);
      if (live.results.length === 0) return;
      const run = this.#run(live);
      this.#options.observer?.ran(run);
    } finally {
      for (const { operands, outputs } of recorded) {
        for (const { value } of operands) {
          value.readers--;
          this.#recycle(value);
        }
        for (const output of outputs) output.producer = undefined;
      }
    }
  }

  /**
   * From here on, the backend computes to the bit what a process that begins here would: it counts
   * anew for how many runs weights stayed the same. Weights in `lasting` are constants of a graph
   * from its first run on.
   */
  beginAnew(lasting: readonly { readonly dataId: DataId }[]): void {
    const ids = lasting.flatMap(({ dataId }) => this.#storage.get(dataId).value?.id ?? []);
    this.#lasting = new Set(ids);
    for (const session of this.#sessions.all()) session.beginAnew(this.#lasting);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#storage.has(dataId)) return true;
    const stored = this.#storage.get(dataId);
    stored.references--;
    if (!force && stored.references > 0) return false;
    this.#storage.delete(dataId);
    if (stored.value !== undefined) {
      stored.value.alive = false;
      this.#recycle(stored.value);
    }
    return true;
  }

  override refCount(dataId: DataId): number {
    return this.#storage.has(dataId) ? this.#storage.get(dataId).references : 0;
  }

  override incRef(dataId: DataId): void {
    this.#storage.get(dataId).references++;
  }

  decRef(dataId: DataId): void {
    if (this.#storage.has(dataId)) this.#storage.get(dataId).references--;
  }

  override numDataIds(): number {
    return this.#storage.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override async time(query: () => void): Promise<BackendTimingInfo> {
    this.flush();
    const start = performance.now();
    query();
    this.flush();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    this.#trace = [];
    this.#release();
  }

  #record(
    kernel: string,
    plan: Operation<Attributes>,
    tensors: readonly TensorInfo[],
  ): TensorInfo[] {
    if (this.#trace.length >= LONGEST_TRACE) this.flush();
    const operands = tensors.map(
      ({ dataId, shape }): Operand => ({ value: found(this.#valueOf(dataId)), shape }),
    );
    const outputs = plan.outputs.map(({ shape, dtype }) => new TraceValue(shape, dtype));
    const node = { kernel, attributes: plan.attributes, operands, outputs, phase: this.#phase() };
    // Zeros cost nothing, and a state that begins as zeros then gives the same trace in the first
    // step as in the others.
    if (Object.is(fillOf(node), 0))
      return plan.outputs.map((output) =>
        this.#keep(output, newArray(output.dtype, sizeOf(output.shape))),
      );
    for (const { value } of operands) value.readers++;
    for (const output of outputs) output.producer = node;
    this.#trace.push(node);
    return outputs.map((value) => this.#store(value));
  }

  /** A value that is filled with one number needs no run to be read. */
  #fill(node: TraceNode): void {
    const number = fillOf(node);
    const [output] = node.outputs as [TraceValue];
    if (number !== undefined && output.alive) output.data = this.#take(output).fill(number);
  }

  #run(live: LiveTrace): ObservedRun {
    this.#runs++;
    const arrays: HostArray[] = [];
    try {
      const compiled = this.#sessions.get(live.signature) ?? this.#compile(live);
      for (const result of live.results) arrays.push(this.#take(result));
      const startedAt = performance.now();
      const run = compiled.run(live, arrays);
      const endedAt = performance.now();
      // The run may have compiled a heavier graph.
      this.#sessions.trim();
      for (const [i, value] of live.results.entries()) value.data = arrays[i];
      return { ...run, live, startedAt, endedAt };
    } catch (error) {
      for (const array of arrays) this.#pool.give(array);
      // The caller may try a smaller batch next, which needs the memory that is only kept for
      // later.
      if (isOutOfMemory(error)) this.#release();
      throw failure(error, live, usableMemory());
    }
  }

  /**
   * What the kernel that is being called is for. tfjs names its scopes while it takes a gradient;
   * the update follows.
   */
  #phase(): Phase | undefined {
    if (this.#options.profile === undefined) return undefined;
    const scopes = engine().state.scopeStack.map(({ name }) => name);
    const backward = scopes.includes('backward');
    this.#hadGradient ||= backward;
    if (backward) return 'backward';
    return this.#hadGradient && !scopes.includes('forward') ? 'update' : 'forward';
  }

  #compile(live: LiveTrace): CompiledTrace {
    const compile = (trace: LiveTrace, constant: readonly number[]) => {
      this.#compilations++;
      if (peakMemory(trace) >= LARGE) this.#sessions.makeRoom();
      return new CompiledGraph(trace, constant, {
        ...this.#options,
        channelBlock: this.#channelBlock,
      });
    };
    const compiled = new CompiledTrace(live, compile, this.#lasting);
    this.#sessions.add(live.signature, compiled);
    return compiled;
  }

  #release(): void {
    this.#sessions.clear();
    this.#pool.clear();
  }

  /** An array with arbitrary contents. */
  #take(spec: TensorSpec): HostArray {
    try {
      return this.#pool.take(spec.dtype, sizeOf(spec.shape));
    } catch (error) {
      throw noRoom(spec, error);
    }
  }

  #keep({ shape, dtype }: TensorSpec, data: HostArray): TensorInfo {
    return this.#store(new TraceValue(shape, dtype, data));
  }

  #store(value: TraceValue): TensorInfo {
    const dataId = {};
    this.#storage.set(dataId, { references: 1, value });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  #valueOf(dataId: DataId): TraceValue {
    return this.#storage.get(dataId).value as TraceValue;
  }

  #recycle(value: TraceValue): void {
    if (value.alive || value.readers > 0 || value.data === undefined) return;
    this.#pool.give(value.data);
    value.data = undefined;
  }
}

/** Refuses a lost value at once: later, the whole run that reads it would fail. */
function found(value: TraceValue): TraceValue {
  if (value.data !== undefined || value.producer !== undefined) return value;
  throw new Error('This tensor has no value: the run that was to compute it failed.');
}

/** Several outputs, or one that tfjs takes as a list, as a list. */
function listed({ lists = false }: Kernel, tensors: TensorInfo[]): TensorInfo | TensorInfo[] {
  return lists || tensors.length !== 1 ? tensors : (tensors[0] as TensorInfo);
}
