import type { DataType } from '@tensorflow/tfjs';

/**
 * The tfjs types that the trace computes with; `string` and `complex64` are left to the cpu
 * kernels.
 */
export type ValueType = 'float32' | 'int32' | 'bool';

/** How each type lies in host memory. A bool is one byte, 0 or 1. */
export type HostArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** TensorProto.DataType numbers of the ONNX types that are written. */
export const ONNX_TYPE = {
  float32: 1,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const;
export type OnnxType = keyof typeof ONNX_TYPE;

export function isValueType(dtype: DataType): dtype is ValueType {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

/** An array of so many elements, all zero, or a view of a buffer. */
export function newArray(dtype: ValueType, contents: number | ArrayBuffer): HostArray {
  const types = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
  return new (types[dtype] as new (contents: number | ArrayBuffer) => HostArray)(contents);
}

export function bytesOf({
  shape,
  dtype,
}: {
  readonly shape: readonly number[];
  readonly dtype: ValueType;
}): number {
  return sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
}

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

let nextId = 0;

/**
 * One computed or given array: known on the host (`data`), or to be computed by a recorded node
 * (`producer`), or lost (neither) when the run that was to compute it failed.
 */
export class TraceValue {
  /**
   * No two values of a process have the same; unlike the value itself, it keeps no memory alive.
   */
  readonly id = nextId++;
  readonly shape: readonly number[];
  readonly dtype: ValueType;
  data: HostArray | undefined;
  producer: TraceNode | undefined;
  /** Whether some tensor still refers to it. */
  alive = true;
  /** How many inputs of nodes that have not run yet refer to it. */
  readers = 0;

  constructor(shape: readonly number[], dtype: ValueType, data?: HostArray) {
    this.shape = shape;
    this.dtype = dtype;
    this.data = data;
  }
}

/**
 * A value as a node reads it. tfjs reshapes without copying, so the shape may differ from the
 * value's own.
 */
export interface Operand {
  readonly value: TraceValue;
  readonly shape: readonly number[];
}

/** The purpose of a kernel call in training; without training, every call is `forward`. */
export type Phase = 'forward' | 'backward' | 'update';

/**
 * Everything beside the operands that a call's lowering depends on. Plain data, since it is part of
 * the trace's signature.
 */
export type Attributes = { readonly [name: string]: AttributeValue };
type AttributeValue = number | string | boolean | readonly AttributeValue[];

/**
 * One recorded kernel call: data only. How a kernel is lowered is looked up in the table of
 * kernels, by name.
 */
export interface TraceNode extends CallLabel {
  readonly attributes: Attributes;
  readonly operands: readonly Operand[];
  readonly outputs: readonly TraceValue[];
}

/** The kernel of a recorded call, and when it was called. */
export interface CallLabel {
  readonly kernel: string;
  /** Known in profiles only; no part of the signature. */
  readonly phase?: Phase | undefined;
}

/**
 * The part of a trace that has to run, with its ends: `leaves` are fed from the host, `results` are
 * still alive.
 */
export interface LiveTrace {
  readonly nodes: readonly TraceNode[];
  readonly leaves: readonly TraceValue[];
  readonly results: readonly TraceValue[];
  /**
   * Equal for traces that lower to the same graph: kernels, attributes, types, shapes, wiring and
   * results.
   */
  readonly signature: string;
}

/**
 * The recorded nodes that still matter: those whose outputs are alive, and those that these are
 * computed from.
 */
export function liveTrace(recorded: readonly TraceNode[]): LiveTrace {
  const needed = new Set<TraceValue>();
  const nodes: TraceNode[] = [];
  for (let i = recorded.length - 1; i >= 0; i--) {
    const node = recorded[i] as TraceNode;
    if (!node.outputs.some((output) => isResult(output) || needed.has(output))) continue;
    nodes.push(node);
    for (const { value } of node.operands) if (value.data === undefined) needed.add(value);
  }
  nodes.reverse();
  return { nodes, ...numbered(nodes) };
}

function isResult(value: TraceValue): boolean {
  return value.alive && value.data === undefined;
}

function numbered(nodes: readonly TraceNode[]): Omit<LiveTrace, 'nodes'> {
  const names = new Map<TraceValue, string>();
  const leaves: TraceValue[] = [];
  const results: TraceValue[] = [];
  const parts: string[] = [];
  for (const { kernel, attributes, operands, outputs } of nodes) {
    parts.push(kernel, exactJson(attributes));
    for (const { value, shape } of operands) {
      let name = names.get(value);
      if (name === undefined) {
        name = `l${leaves.length}`;
        names.set(value, name);
        leaves.push(value);
        parts.push(`${name}=${value.dtype}[${value.shape}]`);
      }
      parts.push(`${name}[${shape}]`);
    }
    for (const output of outputs) {
      names.set(output, `v${names.size}`);
      const kept = isResult(output);
      if (kept) results.push(output);
      parts.push(`${kept ? '!' : '>'}${output.dtype}[${output.shape}]`);
    }
  }
  return { leaves, results, signature: parts.join(' ') };
}

/**
 * Bytes of a trace's arrays at the worst moment of its run: the leaves, the results that are there
 * already, and every other value from the node that computes it to the last that reads it. About
 * what a run takes: measured, ONNX Runtime, which lays filters out anew and needs room for its
 * operators, held on to 0.4 to 2.6 times as much after training and using SimpleNet and Xception.
 */
export function peakMemory({ nodes, leaves }: LiveTrace): number {
  const lastReader = new Map<TraceValue, number>();
  for (const [i, { operands }] of nodes.entries())
    for (const { value } of operands) lastReader.set(value, i);
  let now = leaves.reduce((sum, leaf) => sum + bytesOf(leaf), 0);
  let most = now;
  for (const [i, { operands, outputs }] of nodes.entries()) {
    for (const output of outputs) now += bytesOf(output);
    most = Math.max(most, now);
    for (const value of new Set([...operands.map(({ value }) => value), ...outputs])) {
      const done = value.data === undefined && !value.alive && (lastReader.get(value) ?? i) === i;
      if (done) now -= bytesOf(value);
    }
  }
  return most;
}

/**
 * JSON that writes different numbers differently. JSON itself writes NaN and both infinities as
 * null and -0 as 0, and refuses a bigint. For comparing, not for reading back.
 */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    typeof part === 'number' || typeof part === 'bigint' ? exact(part) : part,
  );
}

function exact(number: number | bigint): number | string {
  if (Object.is(number, -0)) return '-0';
  return Number.isFinite(number) ? (number as number) : String(number);
}
