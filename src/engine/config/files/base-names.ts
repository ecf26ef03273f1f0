import { join, posix } from 'node:path';
import { child, itemsOf, type Node, textOf } from '../yaml/located.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';
import { readSource } from '../yaml/read-source.ts';

/**
 * Those of the pipelines below `pipelines/` that another one extends: parts rather than something to run. Looked up only
 * to say what could be meant, so a file with mistakes just extends nothing.
 */
export function baseNames(names: readonly string[], root: string): ReadonlySet<string> {
  return new Set(
    names.flatMap((name) => {
      const source = readSource(join(root, 'pipelines', name), root);
      const parsed = source.ok ? parseYaml(source.value) : undefined;
      const extended = parsed?.ok ? child(parsed.value, 'extends') : undefined;
      return texts(extended).map((path) => posix.join(posix.dirname(name), path));
    }),
  );
}

function texts(node: Node | undefined): readonly string[] {
  return itemsOf(node).flatMap((item) => textOf(item) ?? []);
}
