import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import { upwards } from '../files/upwards.ts';

/** Where Node looks for a package that code in `folder` imports, nearest first, leaving aside `NODE_PATH`. */
export function packageFolders(name: string, folder: string): readonly string[] {
  const importing = [...upwards(folder)].filter((path) => basename(path) !== 'node_modules');
  return importing.map((path) => join(path, 'node_modules', name));
}

/**
 * The absolute path of `npm:package/path`, whatever the package's `exports` say; undefined where it is not installed. `looked`
 * receives the places of nearer packages. `restage` is the Restage that runs, which need not be in the project's `node_modules`.
 */
export function findInPackage(text: string, root: string, looked: Set<string>, within = ''): string | undefined {
  const [, name, path = ''] = /^npm:((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  if (name === 'restage') return join(packageRoot, within, path);
  for (const folder of name === undefined ? [] : packageFolders(name, root)) {
    if (existsSync(folder)) return join(folder, within, path);
    looked.add(folder);
  }
  return undefined;
}
