import type { Entry, Node } from './located.ts';

/**
 * `over` laid upon `base`: maps merge key by key, lists and scalars replace, null removes what `base` has. Where `base`
 * has nothing, null stays, since a setting may well be null. Keys keep the order of `base`, new ones follow.
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
