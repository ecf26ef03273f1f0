import type { Tensor } from '@tensorflow/tfjs';
import type { Json, JsonObject } from '../../../../json.ts';
import { type Constant, sizeOf } from '../file/constants.ts';
import type { Attribute, GraphNode } from '../file/onnx-graph.ts';
import { fromFront, isPerImage, type Layout, type Placed, perImage } from './shapes.ts';

/**
 * An input of a node: a value of each image, a weight or what is computed of weights alone, or
 * numbers that are known before.
 */
export type Operand = Placed &
  (
    | { readonly kind: 'value' }
    | { readonly kind: 'weight'; readonly constant?: Constant }
    | { readonly kind: 'constant'; readonly constant: Constant }
  );

/** A tensor that an operator computes with, and the order of its axes. */
export interface Reading {
  /** Which input of the node it is. */
  readonly input: number;
  /** How a value is laid out. A weight that lacks axes gets them in front, of one element. */
  readonly layout: Layout;
  readonly rank?: number;
  /** Its name among the weights of a layer, such as `kernel`; `table` when left out. */
  readonly role?: string;
  /** A weight has this instead of a layout: the order of its axes, then their lengths. */
  readonly arranged?: { readonly order: readonly number[]; readonly shape: readonly number[] };
}

/** How a node is computed: decided once, when its network is built. */
export interface Plan extends Placed {
  /** What `compute` needs to know, of tensors as they lie in memory. */
  readonly settings: JsonObject;
  readonly readings: readonly Reading[];
}

/** What a layer does at the moment. */
export interface Circumstances {
  /** Whether it is a training step, in which this layer trains. */
  readonly training: boolean;
  /** Assigns a new value to one of the tensors that it reads, such as a moving mean. */
  assign(reading: number, value: Tensor): void;
}

/** An operator of ONNX in terms of tfjs: a row of the table. */
export interface Operator {
  /** Throws an {@link Unsupported} for a form that this row does not have. */
  plan(call: NodeCall): Plan;
  compute(tensors: readonly Tensor[], settings: JsonObject, now: Circumstances): Tensor;
}

/** A row whose settings have a type. */
export const operator = <Settings extends { readonly [name: string]: Json }>(row: {
  plan(call: NodeCall): Plan & { readonly settings: Settings };
  compute(tensors: readonly Tensor[], settings: Settings, now: Circumstances): Tensor;
}): Operator => ({
  plan: row.plan,
  compute: (tensors, settings, now) => row.compute(tensors, settings as Settings, now),
});

/** A form of a node that is not computed here, as the end of "it has …". */
export class Unsupported extends Error {}

/** An axis from the front. Throws an {@link Unsupported} for one that a value does not have. */
export function axisOf(axis: number, rank: number): number {
  const counted = fromFront(axis, rank);
  if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
  throw new Unsupported(`the axis ${axis} of a value of ${rank}`);
}

/** Numbers that a node may make of one image: 1 GiB of float32. */
const mostNumbers = 2 ** 28;

/**
 * Throws an {@link Unsupported} for a value of more than {@link mostNumbers} for one image, or for
 * as large a weight.
 */
export function checkSize(shape: readonly number[], kind: 'value' | 'weight'): void {
  const images = kind === 'value' && shape.some(isPerImage) ? perImage : 1;
  const size = sizeOf(shape) / images;
  if (size <= mostNumbers) return;
  throw new Unsupported(`an output of ${size} numbers for an image, more than ${mostNumbers}`);
}

/** A node of a file, with its operands: what a plan is made from. */
export class NodeCall {
  readonly node: GraphNode;
  readonly opset: number;
  readonly operands: readonly (Operand | undefined)[];
  /** Which of the node's outputs is wanted. */
  readonly output: number;

  constructor(facts: {
    readonly node: GraphNode;
    readonly opset: number;
    readonly operands: readonly (Operand | undefined)[];
    readonly output: number;
  }) {
    this.node = facts.node;
    this.opset = facts.opset;
    this.operands = facts.operands;
    this.output = facts.output;
  }

  operand(input: number): Operand {
    const operand = this.operands[input];
    if (operand === undefined) throw new Unsupported(`no input ${input}`);
    return operand;
  }

  has(input: number): boolean {
    return this.operands[input] !== undefined;
  }

  shape(input: number): readonly number[] {
    return this.operand(input).shape;
  }

  int(name: string, usual: number): number {
    const value = this.#attribute(name);
    if (value === undefined) return usual;
    if (typeof value === 'number') return value;
    throw new Unsupported(`no integer as "${name}"`);
  }

  float(name: string, usual: number): number {
    const value = this.#attribute(name);
    if (value === undefined) return usual;
    if (typeof value === 'object' && 'float' in value) return value.float;
    throw new Unsupported(`no number as "${name}"`);
  }

  text(name: string, usual: string): string {
    const value = this.#attribute(name);
    return typeof value === 'string' ? value : usual;
  }

  ints(name: string): readonly number[] | undefined {
    const value = this.#attribute(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value as readonly number[];
    throw new Unsupported(`no list of integers as "${name}"`);
  }

  /** Numbers that must be known: those of an input, undefined where it is left out. */
  known(input: number): readonly number[] | undefined {
    const operand = this.operands[input];
    if (operand === undefined) return undefined;
    const constant = 'constant' in operand ? operand.constant : undefined;
    if (constant !== undefined) return Array.from(constant.values);
    throw new Unsupported(`an input "${this.node.inputs[input]}" that depends on the image`);
  }

  /** Numbers of an input, or of the attribute that it was in earlier versions of the operator. */
  knownOr(input: number, attribute: string): readonly number[] | undefined {
    return this.known(input) ?? this.ints(attribute);
  }

  /** An attribute that counts axes of the first input, from the front. */
  axis(usual: number): number {
    return axisOf(this.int('axis', usual), this.shape(0).length);
  }

  #attribute(name: string): Attribute | undefined {
    return this.node.attributes.get(name);
  }
}

/** The plan of an operator that works number by number, in whichever order its input lies. */
export const everywhere = (call: NodeCall, settings: JsonObject = {}): Plan => {
  const { shape, layout } = call.operand(0);
  return { shape, layout, settings, readings: [{ input: 0, layout }] };
};
