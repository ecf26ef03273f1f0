import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where Node looks for a package that code in `folder` imports, nearest first. It asks no variable of the environment. */
export function packageFolders(name: string, folder: string): readonly string[] {
  const above = dirname(folder) === folder ? [] : packageFolders(name, dirname(folder));
  return basename(folder) === 'node_modules' ? above : [join(folder, 'node_modules', name), ...above];
}

/**
 * The absolute path that `npm:package/path` names: `path` in `within`, a folder of the package. The package is the one
 * that code in `root` would import; its `exports` have no say, since they name modules and not data. Undefined when no
 * such package is installed.
 *
 * @param looked Receives the places where a package would have taken precedence.
 */
export function findInPackage(text: string, root: string, looked: Set<string>, within = ''): string | undefined {
  const [, name, path = ''] = /^npm:((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  for (const folder of name === undefined ? [] : packageFolders(name, root)) {
    if (existsSync(folder)) return join(folder, within, path);
    looked.add(folder);
  }
  return undefined;
}
