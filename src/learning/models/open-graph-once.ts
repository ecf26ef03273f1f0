import { statSync } from 'node:fs';
import { type OpenedGraph, openGraph } from './graph-network.ts';

/** The file that was opened last, until memory is needed. */
let last: { readonly key: string; readonly opened: WeakRef<OpenedGraph> } | undefined;

/**
 * As {@link openGraph}, for checks before a run: where many stages begin with one file, it is read
 * once.
 */
export function openGraphOnce(paths: readonly string[]): OpenedGraph {
  const stats = paths.map((path) => statSync(path));
  // A change of a file in a folder may leave the folder's own times as they are.
  if (stats.some((entry) => entry.isDirectory())) return openGraph(paths);
  const key = JSON.stringify([paths, stats.map(({ size, mtimeMs, ino }) => [size, mtimeMs, ino])]);
  const known = last?.key === key ? last.opened.deref() : undefined;
  if (known !== undefined) return known;
  const opened = openGraph(paths);
  last = { key, opened: new WeakRef(opened) };
  return opened;
}
