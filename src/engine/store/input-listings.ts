import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { ListedFile } from '../files/listing.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import { writing } from '../files/write-error.ts';

const fileOf = (cache: string, input: Digest): string => join(cache, 'listings', `${input}.json`);

/** Keeps an input folder's files in `cache/listings/<digest>.json`, only to say later what changed. */
export function keepInputListing(cache: string, input: Digest, files: readonly ListedFile[]): void {
  const file = fileOf(cache, input);
  if (existsSync(file)) return;
  const pairs = files.map(({ path, digest }) => [path, digest]);
  writing(`the listing of an input in ${cache}`, () => writeJson(file, pairs));
}

export function readInputListing(cache: string, input: Digest): ReadonlyMap<string, Digest> | undefined {
  const pairs = readJson<[string, Digest][]>(fileOf(cache, input));
  return Array.isArray(pairs) ? new Map(pairs) : undefined;
}
