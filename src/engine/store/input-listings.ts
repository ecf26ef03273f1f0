import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { ListedFile } from '../files/listing.ts';
import { writeAtomic } from '../files/write-atomic.ts';
import { writeError } from '../files/write-error.ts';

/** Files of an input by their path in it. */
export type InputFiles = ReadonlyMap<string, Digest>;

const fileOf = (cache: string, input: Digest): string => join(cache, 'listings', `${input}.json`);

/**
 * Keeps what a folder held that a result was made from, by its digest in the fingerprint: `cache/listings/<digest>.json`.
 * Only for saying later what changed; nothing rests on it, and gc takes it when it is old.
 */
export function keepInputListing(cache: string, input: Digest, files: readonly ListedFile[]): void {
  const file = fileOf(cache, input);
  if (existsSync(file)) return;
  try {
    writeAtomic(file, JSON.stringify(files.map(({ path, digest }) => [path, digest])), { sync: false });
  } catch (error) {
    throw writeError(`the listing of an input in ${cache}`, error);
  }
}

/** Undefined where it is not kept. */
export function readInputListing(cache: string, input: Digest): InputFiles | undefined {
  try {
    return new Map(JSON.parse(readFileSync(fileOf(cache, input), 'utf8')) as [string, Digest][]);
  } catch {
    return undefined;
  }
}
