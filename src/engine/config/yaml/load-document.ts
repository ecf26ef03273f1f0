import { dirname, resolve } from 'node:path';
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { LoadContext } from '../load-context.ts';
import { findInPackage } from '../paths/package-folders.ts';
import { child, describeNode, itemsOf, type MapNode, type Node } from './located.ts';
import { mergeNodes } from './merge-nodes.ts';
import { parseYaml } from './parse-yaml.ts';
import { readSource, shownPath } from './read-source.ts';

/** A file that is being loaded, and the files that asked for it. */
export interface Ancestry {
  readonly absolute: string;
  readonly parent?: Ancestry;
}

/**
 * A pipeline's file with its `extends` worked in; undefined where it could not be read, which is reported. The key
 * `extends` is gone from the answer. Paths in `extends` are relative to the file they stand in.
 */
export function loadDocument(context: LoadContext, file: Ancestry, at?: Span): MapNode | undefined {
  const source = readSource(file.absolute, context.root, at);
  if (!source.ok) {
    context.report(source.error);
    return undefined;
  }
  context.files.set(file.absolute, source.value);
  const parsed = parseYaml(source.value);
  if (!parsed.ok) {
    parsed.error.forEach(context.report);
    return undefined;
  }
  const own = parsed.value;
  if (own.type !== 'map') {
    const message = `A pipeline's file must be a map, got ${describeNode(own)}`;
    context.report({ code: 'wrong-type', message, at: own.at });
    return undefined;
  }
  let merged: Node = { type: 'map', entries: new Map(), at: own.at };
  for (const base of pathsOf(context, child(own, 'extends'), 'extends')) {
    const below = loadReferred(context, file, base, 'extends');
    if (below) merged = mergeNodes(merged, below.document);
  }
  return withoutExtends(mergeNodes(merged, own));
}

/** Loads a file that a file names, unless it is one of those that asked for it. */
export function loadReferred(
  context: LoadContext,
  file: Ancestry,
  { path, at }: { readonly path: string; readonly at: Span },
  word: 'extends' | 'include',
): { readonly file: Ancestry; readonly document: MapNode } | undefined {
  const absolute = findReferred(context, path, at);
  if (absolute === undefined) return undefined;
  const next = { absolute, parent: file };
  const cycle = cycleOf(file, absolute);
  if (!cycle) {
    const document = loadDocument(context, next, at);
    return document && { file: next, document };
  }
  const shown = [...cycle, absolute].map((absolute) => shownPath(absolute, context.root)).join(' → ');
  context.report({
    code: 'file-cycle',
    message: `Files ${word === 'extends' ? 'extend' : word} each other in a cycle: ${shown}`,
    at,
  });
  return undefined;
}

/**
 * The absolute path of the file that a path in a file names. It is relative to the file that the path stands in, which may
 * be an extended one; `npm:package/path` is below the `pipelines/` of an installed package. A package that is missing is
 * reported, and gives undefined.
 */
function findReferred({ root, looked, report }: LoadContext, path: string, at: Span): string | undefined {
  if (!path.startsWith('npm:')) return resolve(root, dirname(at.file.path), path);
  const found = findInPackage(path, root, looked, 'pipelines');
  if (found === undefined) {
    report({ code: 'missing-file', message: `No package of "${path}" is installed`, at });
  }
  return found;
}

function cycleOf(file: Ancestry, absolute: string): readonly string[] | undefined {
  const chain: string[] = [];
  for (let next: Ancestry | undefined = file; next; next = next.parent) {
    chain.unshift(next.absolute);
    if (next.absolute === absolute) return chain;
  }
  return undefined;
}

/** A path or a list of paths, as `extends` takes it. */
function pathsOf(context: LoadContext, node: Node | undefined, key: string): readonly { path: string; at: Span }[] {
  return itemsOf(node).flatMap((item) => {
    if (item.type === 'scalar' && typeof item.value === 'string') return [{ path: item.value, at: item.at }];
    const message = `Expected a path or a list of paths for "${key}", got ${describeNode(item)}`;
    context.report({ code: 'wrong-type', message, at: item.at });
    return [];
  });
}

function withoutExtends(node: Node): MapNode {
  if (node.type !== 'map') throw new Error('Internal error: two maps merged to something else');
  const entries = new Map(node.entries);
  entries.delete('extends');
  return { type: 'map', entries, at: node.at };
}
