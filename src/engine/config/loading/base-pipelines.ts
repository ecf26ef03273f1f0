import { join, posix } from 'node:path';
import { readSource } from '../yaml/load-document.ts';
import { child, itemsOf, textOf } from '../yaml/node.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';

/**
 * Pipelines that another one extends, for hints only: a file with mistakes counts as extending
 * nothing.
 */
export function baseNames(names: readonly string[], root: string): ReadonlySet<string> {
  const extended = names.flatMap((name) => {
    const source = readSource(join(root, 'pipelines', name), root);
    const parsed = source.ok ? parseYaml(source.value) : undefined;
    const paths = parsed?.ok ? itemsOf(child(parsed.value, 'extends')) : [];
    return paths
      .flatMap((path) => textOf(path) ?? [])
      .map((path) => posix.join(posix.dirname(name), path));
  });
  return new Set(extended);
}
