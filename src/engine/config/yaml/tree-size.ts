import { formatCount } from '../../../format-numbers.ts';
import type { Node } from './node.ts';

/** Values of one tree, with aliases and parameters expanded; a larger one is an alias bomb. */
const maximumNodes = 250_000;
/**
 * Levels of lists and maps, with aliases and parameters expanded: recursion copes with these
 * easily.
 */
const maximumDepth = 200;

interface Measure {
  readonly size: number;
  readonly depth: number;
}

/** Up to this size, measuring a node again takes less time than remembering it. */
const cheapSize = 16;
const measures = new WeakMap<Node, Measure>();

/**
 * How many values a node holds, itself included, and how deep. A shared node counts each time, but
 * a large one is measured once.
 */
export function measureNode(node: Node): Measure {
  if (node.type === 'scalar') return { size: 1, depth: 0 };
  const known = measures.get(node);
  if (known) return known;
  let size = 1;
  let depth = 0;
  const children =
    node.type === 'list' ? node.items : Array.from(node.entries.values(), ({ value }) => value);
  for (const inner of children.map(measureNode)) {
    size += inner.size;
    depth = Math.max(depth, inner.depth + 1);
  }
  const measure = { size, depth };
  if (size > cheapSize) measures.set(node, measure);
  return measure;
}

/** Why a tree is too large, as the end of a sentence; undefined for any real one. */
export function tooLarge(node: Node): string | undefined {
  const { size, depth } = measureNode(node);
  if (size > maximumNodes) return `more than ${formatCount(maximumNodes)} values`;
  return depth > maximumDepth ? `lists and maps more than ${maximumDepth} deep` : undefined;
}
