import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package that code imports and does not hold. */
export interface ImportedPackage {
  /** `name@version`, or the name alone when it is not installed. */
  readonly id: string;
  /** Absolute path of its package.json; undefined when it is not installed. */
  readonly manifest: string | undefined;
}

/**
 * The packages that bundled code leaves outside, each as the file that imports it would find it, by their id. Only what the
 * code itself imports: their version stands for what they in turn rest on.
 */
export function importedPackages(root: string, inputs: Metafile['inputs']): readonly ImportedPackage[] {
  const found = new Map<string, ImportedPackage>();
  for (const [file, { imports }] of Object.entries(inputs)) {
    for (const { path, external } of imports) {
      const name = external ? packageName(path) : undefined;
      if (name === undefined) continue;
      const manifest = findManifest(name, join(root, file));
      const id = manifest === undefined ? name : `${name}@${JSON.parse(readFileSync(manifest, 'utf8')).version}`;
      found.set(manifest ?? name, { id, manifest });
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Of `name/part` or `@scope/name/part`; undefined for Node's own modules and for files. */
function packageName(path: string): string | undefined {
  if (isBuiltin(path)) return undefined;
  return /^(@[^/:]+\/)?[^@./#:][^/:]*(?=\/|$)/.exec(path)?.[0];
}

/** Looks where Node does, by folders: a package need not export its package.json. */
function findManifest(name: string, importer: string): string | undefined {
  const folders = createRequire(importer).resolve.paths(name) ?? [];
  return folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path));
}
