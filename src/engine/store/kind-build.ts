import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../digest.ts';
import { writeAtomic, writeIfOther } from '../files/write-atomic.ts';

/** The digest of each file of a kind's code by its path from the root, and its packages as `name@version`, empty. */
export type KindSources = Readonly<Record<string, string>>;

/** The folder of one version of a project's own kind, as it was built: `cache/kinds/<name>-<version>`. */
export function kindBuild(cache: string, name: string, version: string): string {
  return join(cache, 'kinds', `${name}-${version.slice(0, 16)}`);
}

/**
 * Keeps a bundle and gives its path, which names its text: that holds absolute paths, and must not be taken for the bundle of
 * this version in a project that was moved or copied, nor change under a stage that is about to load it.
 */
export function writeKindModule(build: string, side: 'spec' | 'run', text: string): string {
  const file = join(build, `${side}-${sha256(text).slice(0, 16)}.mjs`);
  writeIfOther(file, text);
  return file;
}

/** Keeps what a version was built from, so that it can be said what changed since. */
export function writeKindSources(build: string, sources: KindSources): void {
  const file = join(build, 'sources.json');
  if (!existsSync(file)) writeAtomic(file, JSON.stringify(sources), { sync: false });
}

/** Undefined where the version is no longer kept. */
export function readKindSources(build: string): KindSources | undefined {
  try {
    return JSON.parse(readFileSync(join(build, 'sources.json'), 'utf8')) as KindSources;
  } catch {
    return undefined;
  }
}
