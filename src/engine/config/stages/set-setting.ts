import type { SetSetting } from '../params/command-line.ts';
import { substitute } from '../params/substitute.ts';
import { describeNode, entriesOf, isText, type Node, nodeAt, type TextNode } from '../yaml/node.ts';
import type { Definition, FileScope } from './definition.ts';

/** The definition with a setting that the command line sets. */
export function withSetting(definition: Definition, setting: SetSetting): Definition {
  const { node, scope } = definition;
  const entry = node.entries.get('with');
  const value = replaceSetting(entry?.value, setting.path, { setting, scope });
  const keyAt = entry?.keyAt ?? setting.at;
  return {
    ...definition,
    node: { ...node, entries: new Map(node.entries).set('with', { keyAt, value }) },
  };
}

/** The value at a path replaced. A map that a parameter gives is written out for that. */
function replaceSetting(
  node: Node | undefined,
  [key, ...rest]: readonly string[],
  change: { readonly setting: SetSetting; readonly scope: FileScope },
): Node {
  const { setting, scope } = change;
  if (key === undefined) return setting.value;
  const map = isText(node) ? mapOf(node, scope) : node;
  const isAbsent = map === undefined || (map.type === 'scalar' && map.value === null);
  if (map?.type !== 'map' && !isAbsent) {
    const message = `Cannot set "${key}" inside ${describeNode(map)}`;
    const from = map.at.from ?? map.at;
    scope.params.report({ code: 'wrong-set', message, at: { ...setting.at, from } });
    return map;
  }
  const entries = new Map(entriesOf(map));
  const entry = entries.get(key);
  const value = replaceSetting(entry?.value, rest, change);
  entries.set(key, { keyAt: entry?.keyAt ?? setting.at, value });
  return { type: 'map', entries, at: map?.at ?? setting.at };
}

/** A map that a parameter gives, as it is written: its own `${…}` may differ along an axis. */
function mapOf(text: TextNode, { params, written }: FileScope): Node {
  const value = substitute(text, params);
  const path = /^\$\{\s*params\.([\w.-]+)\s*\}$/.exec(text.value)?.[1]?.split('.');
  const map = path && written && nodeAt(written, path)?.value;
  return map?.type === 'map' ? map : value;
}
