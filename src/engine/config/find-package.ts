import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import { closest } from '../../suggest.ts';
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

/** The name of the pipeline that Restage ships as `wanted`, with or without an extension: `npm:restage/experiments/a.yaml`. */
export function findShipped(wanted: string): string | undefined {
  if (/^[./]/.test(wanted)) return undefined; // a path, which no package has
  const names = ['', '.yaml', '.yml'].map((extension) => wanted + extension).filter((name) => /\.ya?ml$/.test(name));
  const shipped = names.find((name) => existsSync(join(packageRoot, 'pipelines', name)));
  return shipped && `npm:restage/${shipped}`;
}

/** A hint for a file that `extends` or `include` names and that is not there. */
export function referredHint(path: string): string | undefined {
  const inside = /^npm:restage\/(.+)$/.exec(path)?.[1];
  if (inside === undefined) {
    const shipped = findShipped(path);
    return shipped && `Restage ships it: write "${shipped}".`;
  }
  const names = readdirSync(join(packageRoot, 'pipelines'), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.ya?ml$/.test(name));
  const near = closest(inside, files);
  return near && `Did you mean "npm:restage/${near}"?`;
}
