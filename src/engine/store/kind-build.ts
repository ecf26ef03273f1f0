import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../digest.ts';
import { inCache } from '../files/cache-paths.ts';
import { readJson, writeIfOther, writeJson } from '../files/write-atomic.ts';

/**
 * The digests of the files of a kind's code, by path from the root. Packages, as `name@version`,
 * have an empty one.
 */
export type KindSources = Readonly<Record<string, string>>;

/** The folder of one built version of a project's own kind: `cache/kinds/<name>-<version>`. */
export function kindBuild(cacheFolder: string, name: string, version: string): string {
  return inCache(cacheFolder, 'kinds', `${name}-${version.slice(0, 16)}`);
}

/**
 * Writes a bundle, and returns its path. Its name follows from its text, which has absolute paths:
 * a moved project gets another.
 */
export function writeKindModule(build: string, side: 'spec' | 'run', text: string): string {
  const file = join(build, `${side}-${sha256(text).slice(0, 16)}.mjs`);
  writeIfOther(file, text);
  return file;
}

/** Keeps what a version was built from, so that a plan can say later what changed. */
export function writeKindSources(build: string, sources: KindSources): void {
  const file = join(build, 'sources.json');
  if (!existsSync(file)) writeJson(file, sources);
}

export const readKindSources = (build: string): KindSources | undefined =>
  readJson(join(build, 'sources.json'));
