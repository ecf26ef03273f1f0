import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import type { HostArray, ValueType } from './dtype.ts';
import type { GraphBuilder } from './lowering/graph-builder.ts';
import type { Lowering, Representation } from './lowering/lowering.ts';
import type { Attributes, TraceNode } from './trace.ts';

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: ValueType;
}

/** An operation to record. */
export interface Operation<A extends Attributes> {
  readonly outputs: readonly TensorSpec[];
  readonly attributes: A;
}

/** What a call is, once its shapes are known: an operation, or another view of its only input. */
export type Plan<A extends Attributes> = Operation<A> | { readonly view: readonly number[] };

/** A recorded call of one kernel, as its lowering sees it. */
export interface Call<A extends Attributes> extends TraceNode {
  readonly attributes: A;
}

/** Writes an elementwise operation on operands of one shape, or scalars; gives its result's name. */
export type ElementwiseEmit<A extends Attributes> = (
  graph: GraphBuilder,
  names: readonly string[],
  attributes: A,
) => string;

/** The values of an input by its place, where they are at hand: for checks, since no value is part of the signature. */
export type KnownValues = (input: number) => HostArray | undefined;

/** The inputs by name; tfjs hands null, or nothing, for one that was left out. */
export type NamedInputs = Readonly<Record<string, Tensor | TensorInfo | null | undefined>>;

/** One tfjs kernel on this backend. `T` is tfjs's own type of its attributes. */
export interface Definition<T, A extends Attributes> {
  /** The kernel's name in tfjs. */
  readonly name: string;
  /** The names of its inputs, in the order of the operands; a trailing `?` marks one that may be missing. Without
   * names, the inputs come as a list. */
  readonly inputs?: readonly string[];
  /** Whether tfjs takes its outputs as a list even where there is only one. */
  readonly lists?: boolean;
  /** Only lowered when its value is asked for by a node that does not take it in: for what is often taken in. */
  readonly deferred?: boolean;
  /** Undefined where this call has no lowering, or is wrong; then the cpu kernel computes it, or says what is wrong. */
  plan(inputs: readonly TensorSpec[], attributes: T, known: KnownValues, named: NamedInputs): Plan<A> | undefined;
  /** Writes a call's ONNX nodes, by its attributes and shapes alone, which the trace's signature holds; gives where each
   * output then stands. */
  lower(lowering: Lowering, call: Call<A>): Representation | readonly Representation[];
  /** For an operation that works element by element. */
  readonly elementwise?: ElementwiseEmit<A>;
}

/** A definition with the types of its attributes sealed in, so that different kernels fit into one table. */
export interface Kernel {
  readonly name: string;
  readonly lists: boolean;
  readonly deferred: boolean;
  /** The operands of a call in order. */
  arrange(inputs: NamedInputs): TensorInfo[];
  plan(
    inputs: readonly TensorSpec[],
    attributes: unknown,
    known: KnownValues,
    named: NamedInputs,
  ): Plan<Attributes> | undefined;
  /** Writes the ONNX nodes of a call of this kernel; gives where each output then stands. */
  lower(lowering: Lowering, call: TraceNode): readonly Representation[];
  readonly elementwise: ElementwiseEmit<Attributes> | undefined;
}

export function kernel<T, A extends Attributes>(definition: Definition<T, A>): Kernel {
  return {
    name: definition.name,
    lists: definition.lists ?? false,
    deferred: definition.deferred ?? false,
    arrange: (inputs) => arrange(definition.name, definition.inputs, inputs),
    plan: (inputs, attributes, known, named) => definition.plan(inputs, (attributes ?? {}) as T, known, named),
    lower: (lowering, call) => [definition.lower(lowering, call as Call<A>)].flat(),
    elementwise: definition.elementwise as ElementwiseEmit<Attributes> | undefined,
  };
}

function arrange(kernelName: string, names: readonly string[] | undefined, inputs: NamedInputs): TensorInfo[] {
  if (names === undefined) return Object.values(inputs).filter((input) => input != null);
  const arranged: TensorInfo[] = [];
  for (const name of names) {
    const optional = name.endsWith('?');
    const input = inputs[optional ? name.slice(0, -1) : name];
    if (input !== undefined && input !== null) arranged.push(input);
    else if (!optional) throw new Error(`${kernelName}: input '${name}' is missing.`);
  }
  return arranged;
}
