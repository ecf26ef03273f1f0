import type { Json } from '../../../json.ts';
import { closest } from '../../../suggest.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';

/**
 * A value of a pipeline file with its span. Nodes never change and may be shared by aliases and
 * parameters.
 */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly type: 'scalar';
  readonly value: string | number | boolean | null;
  readonly at: Span;
  /** A `${…}` in it is unknown, which is reported: the text itself gives no further mistake. */
  readonly unresolved?: true;
  /**
   * A null of a value that a record of an axis, or a trial, does not have: a setting with it is
   * left out.
   */
  readonly absent?: true;
  /**
   * Where to look up a stage that the text names, if another file gave the value. Absent: in the
   * reader's file.
   */
  readonly home?: Home;
}

export interface TextNode extends ScalarNode {
  readonly value: string;
}

/** The file in which names of stages are looked up. */
export interface Home {
  /** `sn/` for a pipeline included as `sn`; empty for the file itself. */
  readonly prefix: string;
  readonly includes: ReadonlySet<string>;
}

export interface ListNode {
  readonly type: 'list';
  readonly items: readonly Node[];
  readonly at: Span;
}

export interface MapNode {
  readonly type: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Span;
}

export interface Entry {
  readonly keyAt: Span;
  readonly value: Node;
}

export function toJson(node: Node): Json {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'list') return node.items.map(toJson);
  // fromEntries defines keys: `__proto__` stays a key like any other.
  return Object.fromEntries(Array.from(node.entries, ([key, entry]) => [key, toJson(entry.value)]));
}

/**
 * The tree with every scalar replaced by `change`. Nodes in which nothing changes stay the same
 * objects.
 */
export function mapScalars(node: Node, change: (scalar: ScalarNode) => Node): Node {
  if (node.type === 'scalar') return change(node);
  if (node.type === 'list') return mapItems(node, (item) => mapScalars(item, change));
  return mapEntries(node, (value) => mapScalars(value, change));
}

/** The list with every item replaced by `change`; the same object where nothing changes. */
export function mapItems(node: ListNode, change: (item: Node) => Node): ListNode {
  const items = node.items.map(change);
  return items.some((item, index) => item !== node.items[index]) ? { ...node, items } : node;
}

/** The map with every value replaced by `change`; the same object where nothing changes. */
export function mapEntries(node: MapNode, change: (value: Node, key: string) => Node): MapNode {
  let isChanged = false;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const value = change(entry.value, key);
    isChanged ||= value !== entry.value;
    entries.set(key, value === entry.value ? entry : { ...entry, value });
  }
  return isChanged ? { ...node, entries } : node;
}

/** The value with the nulls in its maps as absent ones; a null by itself stays one. */
export function withAbsentNulls(node: Node): Node {
  if (node.type === 'scalar') return node;
  if (node.type === 'list') return mapItems(node, withAbsentNulls);
  return mapEntries(node, (value) =>
    value.type === 'scalar' && value.value === null
      ? { ...value, absent: true }
      : withAbsentNulls(value),
  );
}

/**
 * Merges `over` into `base`: maps merge, lists and scalars replace, null removes, or stays where
 * `base` has nothing.
 */
export function mergeNodes(base: Node, over: Node): Node {
  if (base.type !== 'map' || over.type !== 'map') return over;
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    const removes = entry.value.type === 'scalar' && entry.value.value === null;
    if (!below) entries.set(key, entry);
    else if (removes) entries.delete(key);
    else entries.set(key, { keyAt: entry.keyAt, value: mergeNodes(below.value, entry.value) });
  }
  return { type: 'map', entries, at: over.at };
}

const noEntries: ReadonlyMap<string, Entry> = new Map();

export function entriesOf(node: Node | undefined): ReadonlyMap<string, Entry> {
  return node?.type === 'map' ? node.entries : noEntries;
}

export function child(node: Node | undefined, key: string): Node | undefined {
  return entriesOf(node).get(key)?.value;
}

/** The map with misspelt keys corrected, so that no mistake but the spelling is reported. */
export function withMeantKeys(node: MapNode, known: readonly string[]): MapNode {
  const lacking = known.filter((key) => !node.entries.has(key));
  const meant = (key: string) => (known.includes(key) ? key : (closest(key, lacking) ?? key));
  return {
    ...node,
    entries: new Map(Array.from(node.entries, ([key, entry]) => [meant(key), entry])),
  };
}

/** The items of a list, or the value itself as a list of one; none for undefined. */
export function itemsOf(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return node.type === 'list' ? node.items : [node];
}

export const isText = (node: Node | undefined): node is TextNode =>
  node?.type === 'scalar' && typeof node.value === 'string';

export const textOf = (node: Node | undefined): string | undefined =>
  isText(node) ? node.value : undefined;

/**
 * The node at a path of keys and indices, and where its key stands; undefined where the path leads
 * nowhere.
 */
export function nodeAt(root: Node, path: readonly PropertyKey[]): Entry | undefined {
  let entry: Entry = { keyAt: root.at, value: root };
  for (const step of path) {
    const { value } = entry;
    const item = value.type === 'list' && typeof step === 'number' ? value.items[step] : undefined;
    const next =
      item === undefined ? entriesOf(value).get(String(step)) : { keyAt: item.at, value: item };
    if (next === undefined) return undefined;
    entry = next;
  }
  return entry;
}

/** A value in a message: `"two"`, `5`, `a list`, `an empty map`. */
export function describeNode(node: Node): string {
  if (node.type === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.type === 'map') return node.entries.size === 0 ? 'an empty map' : 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value !== 'string') return String(node.value);
  return JSON.stringify(node.value.length > 60 ? `${node.value.slice(0, 59)}…` : node.value);
}

/**
 * Where a piece of text stands inside its scalar, after `earlier` other occurrences; else the whole
 * scalar.
 */
export function spanInside(node: ScalarNode, piece: string, earlier = 0): Span {
  const { file, start, end } = node.at;
  const text = file.text.slice(0, end);
  let index = text.indexOf(piece, start);
  for (let i = 0; i < earlier && index >= 0; i++) index = text.indexOf(piece, index + piece.length);
  return index < 0 ? node.at : { file, start: index, end: index + piece.length };
}
