import { existsSync } from 'node:fs';
import type { Digest } from '../../digest.ts';
import { inCache } from '../files/cache-paths.ts';
import type { ListedFile } from '../files/listing.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import { writing } from '../files/write-error.ts';

const fileOf = (cacheFolder: string, input: Digest): string =>
  inCache(cacheFolder, 'listings', `${input}.json`);

/**
 * Keeps the listing of an input folder in `cache/listings/<digest>.json`, only to say later which
 * files changed.
 */
export function keepInputListing(
  cacheFolder: string,
  input: Digest,
  files: readonly ListedFile[],
): void {
  const file = fileOf(cacheFolder, input);
  if (existsSync(file)) return;
  const pairs = files.map(({ path, digest }) => [path, digest]);
  writing(`the listing of an input in ${cacheFolder}`, () => writeJson(file, pairs));
}

/** The digests of an input's files by path; undefined where they were not kept. */
export function readInputListing(
  cacheFolder: string,
  input: Digest,
): ReadonlyMap<string, Digest> | undefined {
  const pairs = readJson<[string, Digest][]>(fileOf(cacheFolder, input));
  return Array.isArray(pairs) ? new Map(pairs) : undefined;
}
