import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { packageFolders } from '../../engine/config/find-package.ts';
import { jsonOf } from '../../json.ts';

interface Tsconfig {
  readonly extends?: string | readonly string[];
  readonly compilerOptions?: {
    readonly baseUrl?: string;
    readonly paths?: Readonly<Record<string, readonly string[]>>;
  };
}

/**
 * Absolute paths by which a `tsconfig.json` decides what an import of a name finds: the files that
 * it extends, and the paths to which it sends the name. `above` are the files that lead to it.
 */
export function tsconfigPaths(
  file: string,
  name: string,
  above: readonly string[] = [],
): readonly string[] {
  if (above.includes(file) || !existsSync(file)) return [];
  const { extends: bases = [], compilerOptions = {} } = readTsconfig(file);
  const folder = dirname(file);
  const { baseUrl, paths = {} } = compilerOptions;
  const base = resolve(folder, baseUrl ?? '.');
  const sent = Object.entries(paths).flatMap(([pattern, targets]) => {
    const [before = '', after] = pattern.split('*');
    const isMeant =
      after === undefined ? name === before : name.startsWith(before) && name.endsWith(after);
    const rest = name.slice(before.length, name.length - (after ?? '').length);
    return isMeant ? targets.map((target) => resolve(base, target.replace('*', rest))) : [];
  });
  const named = baseUrl === undefined ? [] : [resolve(base, name)];
  const extended = [bases].flat().flatMap((base) => basePaths(base, folder));
  return [
    ...[...sent, ...named].flatMap((path) => [dirname(path), path, join(path, 'package.json')]),
    ...extended,
    ...extended
      .filter((path) => extname(path) === '.json')
      .flatMap((path) => tsconfigPaths(path, name, [...above, file])),
  ];
}

/** Where the configuration may lie that another one extends. */
function basePaths(base: string, folder: string): readonly string[] {
  const isPath = /^(\.|\/)/.test(base);
  const [packageName = ''] = /^(@[^/]+\/)?[^/]+/.exec(base) ?? [];
  const candidates = isPath
    ? [resolve(folder, base)]
    : packageFolders(packageName, folder).map((packageFolder) =>
        join(packageFolder, base.slice(packageName.length)),
      );
  return candidates.flatMap((path) =>
    path.endsWith('.json') ? [path] : [`${path}.json`, join(path, 'tsconfig.json')],
  );
}

/** A configuration may have comments, and commas after the last item. */
function readTsconfig(file: string): Tsconfig {
  const text = readFileSync(file, 'utf8');
  const withoutComments = text.replace(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[\s\S]*?\*\//g, '$1');
  return (
    jsonOf<Tsconfig>(withoutComments.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, '$1')) ?? {}
  );
}
