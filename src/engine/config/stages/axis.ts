import type { CandidateLabels } from '../../../choice-file.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { ListOutput } from '../pipeline.ts';
import type { MapNode, Node, TextNode } from '../yaml/node.ts';
import type { Definition } from './definition.ts';

/** One dimension of a matrix. */
export interface Axis {
  readonly name: string;
  readonly values: readonly AxisValue[];
  readonly at: Span;
  readonly slots?: WrittenSlots;
  /** For trials that a stage proposes: the output with the proposals, and how many overlap. */
  readonly proposals?: { readonly by: TextNode; readonly parallel: number };
}

/** Slots as they are written. */
interface WrittenSlots {
  /** The stage of the candidates. */
  readonly of: TextNode;
  /** The choice among them. */
  readonly by: TextNode;
  /** The axes of `of` along which the candidates lie; absent: the only one. */
  readonly axes?: readonly TextNode[];
}

export interface AxisValue extends PlainAxisValue {
  readonly slot?: Slot;
  /** Only combinations of `include` have it. */
  readonly added?: true;
  /** For a trial whose values another stage will propose. */
  readonly proposal?: Proposal;
  /** For the stage that proposes it. */
  readonly proposes?: { readonly trial: number; readonly parallel: number };
}

/** A trial before its values are proposed. */
export interface Proposal {
  /** The number of the trial, from 1. */
  readonly trial: number;
  /** The output with its values. */
  readonly by: TextNode;
  /** Values that it could have; those of the first stand for its own. */
  readonly examples: readonly MapNode[];
  /** Names of values that lists of trials leave out. */
  readonly unlisted: ReadonlySet<string>;
}

/** The candidate that a stage will choose for a rank. */
export interface Slot {
  /** The rank, from 0. */
  readonly index: number;
  /**
   * The choices that lead to it: of a choice among slots, first its own, then the one that filled
   * those slots. The stage `of` has the candidates of each, along `axes`.
   */
  readonly choices: readonly {
    readonly by: TextNode;
    readonly of: Definition;
    readonly axes: readonly string[];
  }[];
  /** The values that it can get, by the last choice. */
  readonly among: readonly Candidate[];
  /** The candidates of its own choice, which are slots where there are further choices. */
  readonly rivals: readonly Candidate[];
}

/** A value of a slot, under a label by which the choice names it. */
export interface Candidate extends PlainAxisValue {
  /** What it has on the axes along which the candidates lie. */
  readonly labels: CandidateLabels;
}

export type Combination = ReadonlyMap<string, AxisValue>;

/** A value of an axis before a choice fills its slot. */
export interface PlainAxisValue {
  /** The scalar as text, or the `id` of a map, as in the stage's name. */
  readonly label: string;
  readonly node: Node;
  /** A point of drawn values, or one of several trials that differ in nothing else. */
  readonly made?: 'drawn' | 'trial';
  /** For a value of a list that a stage makes. */
  readonly list?: AxisList;
  /**
   * This one value stands for all of a list: its stage has not made it yet, or made an empty one.
   */
  readonly standsFor?: 'unknown values' | 'no values';
}

/** The label of a value that stands for others. No other value can have it. */
export const standingLabel = '?';

/** A list that a stage makes, and where an axis names it. */
export interface AxisList extends ListOutput {
  readonly axis: string;
  /** With the file in which its stage is looked up. */
  readonly from: TextNode;
}

/** Whether some value of a combination is not known yet. */
export const hasUnknownValue = (axes: Combination): boolean =>
  [...axes.values()].some(({ standsFor }) => standsFor === 'unknown values');
