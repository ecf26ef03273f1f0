import { existsSync, readdirSync, realpathSync } from 'node:fs';
import nodeModule from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import { closest } from '../../suggest.ts';
import type { Span } from '../diagnostics/diagnostic.ts';
import { upwards } from '../files/upwards.ts';
import type { PackageLookup } from './load-context.ts';

/**
 * Where Node looks for a package that code in `folder` imports, nearest first, leaving aside
 * `NODE_PATH`.
 */
export function packageFolders(name: string, folder: string): readonly string[] {
  const importing = [...upwards(folder)].filter((path) => basename(path) !== 'node_modules');
  return importing.map((path) => join(path, 'node_modules', name));
}

/** What Yarn's Plug'n'Play adds to `node:module`: a table of packages in place of folders. */
interface PackageTable {
  /** The folder of a package, often in an archive. Throws if `from` may not import it. */
  resolveToUnqualified(name: string, from: string): string | null;
}

/** The folder of a package by Yarn's Plug'n'Play; undefined without it, or if it has none. */
function listedFolder(name: string, folder: string): string | undefined {
  const { findPnpApi } = nodeModule as typeof nodeModule & {
    readonly findPnpApi?: (path: string) => PackageTable | null;
  };
  try {
    return findPnpApi?.(`${folder}/`)?.resolveToUnqualified(name, `${folder}/`) ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * The absolute path of `npm:package/path`, whatever the package's `exports` say; undefined where it
 * is not installed. Like an import, it is looked up from the file that says it, then from the
 * project: the packages that a shipped pipeline needs lie beside Restage, wherever that is
 * installed. `looked` receives the paths of nearer packages. `restage` is the Restage that runs.
 *
 * @param at Where the text is written.
 * @param within The folder of the package that paths are relative to.
 */
export function findInPackage(
  text: string,
  at: Span,
  { root, looked }: PackageLookup,
  within = '',
): string | undefined {
  return findFrom([folderSaying(at, root), root], text, { looked, within });
}

/** The same for a word of a command, which is looked up from a folder. */
export const findFromFolder = (text: string, folder: string): string | undefined =>
  findFrom([folder], text, { looked: new Set(), within: '' });

function findFrom(
  places: readonly string[],
  text: string,
  { looked, within }: { readonly looked: Set<string>; readonly within: string },
): string | undefined {
  const [, name, path = ''] = /^npm:((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  if (name === 'restage') return join(packageRoot, within, path);
  if (name === undefined) return undefined;
  const folders = places.flatMap((place) => packageFolders(name, place));
  for (const folder of new Set(folders)) {
    if (existsSync(folder)) return join(folder, within, path);
    looked.add(folder);
  }
  const tables = [...places, packageRoot];
  const listed = tables.map((place) => listedFolder(name, place)).find(Boolean);
  return listed && join(listed, within, path);
}

/**
 * The folder of the file in which a text is written, without links: pnpm has them; the root for one
 * of the command line.
 */
export function folderSaying({ file, from }: Span, root: string): string {
  const absolute = resolve(root, (from?.file ?? file).path);
  return existsSync(absolute) ? dirname(realpathSync(absolute)) : root;
}

/**
 * The name of the pipeline that Restage ships as `wanted`, with or without an extension:
 * `npm:restage/experiments/a.yaml`.
 */
export function findShipped(wanted: string): string | undefined {
  if (/^[./]/.test(wanted)) return undefined; // a path, which no package has
  const names = ['', '.yaml', '.yml']
    .map((extension) => wanted + extension)
    .filter((name) => /\.ya?ml$/.test(name));
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
