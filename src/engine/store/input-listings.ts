import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { ListedFile } from '../files/listing.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import { writing } from '../files/write-error.ts';

/** Files of an input by their path in it. */
export type InputFiles = ReadonlyMap<string, Digest>;

const fileOf = (cache: string, input: Digest): string => join(cache, 'listings', `${input}.json`);

/**
 * Keeps what an input folder held, by its digest in the fingerprint: `cache/listings/<digest>.json`. It serves only to say
 * later what changed; no decision rests on it, and gc removes it when it is old.
 */
export function keepInputListing(cache: string, input: Digest, files: readonly ListedFile[]): void {
  const file = fileOf(cache, input);
  if (existsSync(file)) return;
  const pairs = files.map(({ path, digest }) => [path, digest]);
  writing(`the listing of an input in ${cache}`, () => writeJson(file, pairs));
}

/** Undefined where it is not kept. */
export function readInputListing(cache: string, input: Digest): InputFiles | undefined {
  const pairs = readJson<[string, Digest][]>(fileOf(cache, input));
  return Array.isArray(pairs) ? new Map(pairs) : undefined;
}
