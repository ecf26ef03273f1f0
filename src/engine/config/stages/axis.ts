import type { Span } from '../../diagnostics/diagnostic.ts';
import type { Node, TextNode } from '../yaml/node.ts';

/** One dimension of a matrix. */
export interface Axis {
  readonly name: string;
  readonly values: readonly AxisValue[];
  readonly at: Span;
  /** For slots: the stage of the candidates (`of`), and the choice among them (`by`). */
  readonly slots?: Readonly<Record<'of' | 'by', TextNode>>;
}

export interface AxisValue extends PlainAxisValue {
  readonly slot?: Slot;
  /** Only combinations of `include` have it. */
  readonly added?: true;
}

/** The candidate that a stage will choose for a rank. */
export interface Slot {
  /** The rank, from 0. */
  readonly index: number;
  /**
   * The choices that lead to it: of a choice among slots, first its own, then the one that filled
   * those slots.
   */
  readonly choices: readonly { readonly by: TextNode; readonly axis: string }[];
  readonly among: readonly AxisValue[];
}

export type Combination = ReadonlyMap<string, AxisValue>;

/** A value of an axis before a choice fills its slot. */
export interface PlainAxisValue {
  /** The scalar as text, or the `id` of a map, as in the stage's name. */
  readonly label: string;
  readonly node: Node;
  /** A point of drawn values, or one of several trials that differ in nothing else. */
  readonly made?: 'drawn' | 'trial';
}
