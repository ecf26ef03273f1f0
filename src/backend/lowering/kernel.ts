import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import type { Attributes, HostArray, TraceNode, ValueType } from '../trace/trace.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { Lowering, Representation } from './lowering.ts';

/** The shape and the type of a tensor. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: ValueType;
}

/** An operation to record. */
export interface Operation<A extends Attributes> {
  readonly outputs: readonly TensorSpec[];
  readonly attributes: A;
}

/** A recorded call of one kernel, as its lowering sees it. */
export interface Call<A extends Attributes> extends TraceNode {
  readonly attributes: A;
}

/**
 * The values of an input by its index, where they are known: for checks only, since no value is
 * part of the signature.
 */
type KnownValues = (input: number) => HostArray | undefined;

/** The inputs by name; tfjs hands null, or nothing, for one that was left out. */
type NamedInputs = Readonly<Record<string, Tensor | TensorInfo | null | undefined>>;

/** What a kernel is called, what it reads, and when it is lowered. */
export interface KernelHead {
  /** The kernel's name in tfjs. */
  readonly name: string;
  /**
   * The names of its inputs, in the order of the operands; a trailing `?` marks one that may be
   * missing. Without names, the inputs come as a list.
   */
  readonly inputs?: readonly string[];
  /**
   * Whether it is lowered only when a node reads its value: for kernels that their readers often
   * fuse.
   */
  readonly deferred?: boolean;
}

/**
 * One tfjs kernel on this backend. `T` is tfjs's own type of its attributes; in the table of
 * kernels it is not known.
 */
export interface Kernel<T = unknown, A extends Attributes = Attributes> extends KernelHead {
  /** Whether tfjs takes its outputs as a list even where there is only one. */
  readonly lists?: boolean;
  /**
   * The operation that a call is, or the shape under which it views its only input. Undefined where
   * this call has no lowering, or is wrong: then the cpu kernel computes it, or says what is wrong.
   */
  plan(
    inputs: readonly TensorSpec[],
    attributes: T,
    known: KnownValues,
    named: NamedInputs,
  ): Operation<A> | { readonly view: readonly number[] } | undefined;
  /**
   * Writes a call's ONNX nodes, by its attributes and shapes alone, which the trace's signature
   * holds; gives where each output then stands. Views have none.
   */
  lower?(lowering: Lowering, call: Call<A>): Representation | readonly Representation[];
  /**
   * For an operation that works element by element: writes it on operands of one shape, or scalars;
   * gives the result's name.
   */
  elementwise?(graph: GraphBuilder, names: readonly string[], attributes: A): string;
}

/**
 * Only infers a definition's types, so that kernels with different attributes fit into one table.
 */
export function kernel<T, A extends Attributes>(definition: Kernel<T, A>): Kernel {
  return definition;
}

/** The operands of a call, in order. */
export function operandsOf({ name, inputs }: Kernel, given: NamedInputs): TensorInfo[] {
  if (inputs === undefined) return Object.values(given).filter((input) => input != null);
  return inputs.flatMap((input) => {
    const operand = given[input.replace('?', '')] ?? undefined;
    if (operand === undefined && !input.endsWith('?'))
      throw new Error(`${name}: input '${input}' is missing.`);
    return operand ?? [];
  });
}
