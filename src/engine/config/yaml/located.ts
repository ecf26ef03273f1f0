import type { Json } from '../../../json.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';

/**
 * A value of a pipeline file with the place it stands at, so that any later mistake can be shown in the user's text.
 * Nodes never change, and may be shared: an alias or a parameter is the same node in several places.
 */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly type: 'scalar';
  readonly value: string | number | boolean | null;
  readonly at: Span;
  /** A `${…}` in it names nothing, which is reported: what the text is otherwise is no further mistake. */
  readonly unresolved?: true;
  /** Of a value that a file gives to one that it includes: where the stages are that it names. Absent: with its reader. */
  readonly home?: Home;
}

/** Where the name of a stage is looked up. */
export interface Home {
  /** `sn/` for a pipeline included as `sn`; empty for the file itself. */
  readonly prefix: string;
  /** Names of the pipelines that the file includes. */
  readonly includes: ReadonlySet<string>;
}

export interface ListNode {
  readonly type: 'list';
  readonly items: readonly Node[];
  readonly at: Span;
}

export interface MapNode {
  readonly type: 'map';
  /** In the order of the file. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Span;
}

export interface Entry {
  readonly keyAt: Span;
  readonly value: Node;
}

/** Values of one tree, counted with aliases and parameters expanded, before it is taken for an alias bomb. */
const maximumNodes = 250_000;
/** Lists and maps inside one another, aliases and parameters expanded; what recursion bears easily. */
const maximumDepth = 200;

interface Measure {
  readonly size: number;
  readonly depth: number;
}
const measures = new WeakMap<Node, Measure>();

/** How many values a node holds, itself included, and how deep; shared ones are counted each time, but looked at once. */
export function measureNode(node: Node): Measure {
  if (node.type === 'scalar') return { size: 1, depth: 0 };
  const known = measures.get(node);
  if (known) return known;
  let size = 1;
  let depth = 0;
  for (const child of childrenOf(node)) {
    const inner = measureNode(child);
    size += inner.size;
    depth = Math.max(depth, inner.depth + 1);
  }
  const measure = { size, depth };
  measures.set(node, measure);
  return measure;
}

/** What makes a tree too large to work with, as the end of a sentence; undefined for any real one. */
export function tooLarge(node: Node): string | undefined {
  const { size, depth } = measureNode(node);
  if (size > maximumNodes) return `more than ${maximumNodes.toLocaleString('en')} values`;
  return depth > maximumDepth ? `lists and maps more than ${maximumDepth} deep` : undefined;
}

function* childrenOf(node: ListNode | MapNode): Iterable<Node> {
  if (node.type === 'list') yield* node.items;
  else for (const entry of node.entries.values()) yield entry.value;
}

export function toJson(node: Node): Json {
  switch (node.type) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toJson);
    case 'map':
      // fromEntries defines keys: `__proto__` stays a key like any other.
      return Object.fromEntries(Array.from(node.entries, ([key, entry]) => [key, toJson(entry.value)]));
  }
}

/** The value under a key, or undefined where there is none or the node is no map. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return node?.type === 'map' ? node.entries.get(key)?.value : undefined;
}

/** The items of a list, or the value itself where it stands for a list of one; none where there is no value. */
export function itemsOf(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return node.type === 'list' ? node.items : [node];
}

export function textOf(node: Node | undefined): string | undefined {
  return node?.type === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** The node at a path of keys and indices, and where its key stands; undefined where the path leads nowhere. */
export function nodeAt(root: Node, path: readonly PropertyKey[]): { node: Node; keyAt: Span } | undefined {
  let node = root;
  let keyAt = root.at;
  for (const step of path) {
    if (node.type === 'map') {
      const entry = node.entries.get(String(step));
      if (!entry) return undefined;
      ({ value: node, keyAt } = entry);
    } else if (node.type === 'list' && typeof step === 'number' && node.items[step]) {
      node = node.items[step];
      keyAt = node.at;
    } else return undefined;
  }
  return { node, keyAt };
}

/** What a message calls a value: `"two"`, `5`, `a list`, `an empty map`. */
export function describeNode(node: Node): string {
  if (node.type === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.type === 'map') return node.entries.size === 0 ? 'an empty map' : 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value !== 'string') return String(node.value);
  return JSON.stringify(node.value.length > 60 ? `${node.value.slice(0, 59)}…` : node.value);
}

/**
 * Where a piece of text stands inside its scalar, after `earlier` others of it; the whole scalar where escapes or line breaks
 * make it hard to say.
 */
export function spanInside(node: ScalarNode, piece: string, earlier = 0): Span {
  const { file, start, end } = node.at;
  const text = file.text.slice(0, end);
  let index = text.indexOf(piece, start);
  for (let i = 0; i < earlier && index >= 0; i++) index = text.indexOf(piece, index + piece.length);
  return index < 0 ? node.at : { file, start: index, end: index + piece.length };
}
