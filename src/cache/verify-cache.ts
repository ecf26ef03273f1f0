import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../fingerprint/digest.ts';
import { forEachBounded } from '../fingerprint/for-each-bounded.ts';
import { hashFile } from '../fingerprint/hash-file.ts';
import type { Cache } from './cache.ts';
import { objectsOf } from './collect-garbage.ts';
import { namesIn } from './names-in.ts';

/** What a cache was found to be. */
export interface Verification {
  readonly objects: number;
  readonly results: number;
  /** Objects whose content is not what their name says; they were set aside. */
  readonly corrupt: readonly Digest[];
  /** Results that need an object which is not there (any more): they will be made again. */
  readonly incomplete: readonly {
    readonly result: Digest;
    readonly kind: string;
    readonly missing: readonly Digest[];
  }[];
}

/** Rehashes every object and reads every result; what is damaged is set aside. `onProgress` gets bytes. */
export async function verifyCache(
  cache: Cache,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Verification> {
  const objects = namesTwoDown(join(cache.folder, 'objects')).filter(isDigest);
  const sizes = new Map(objects.map((digest) => [digest, sizeOf(cache.objectPath(digest))]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const sound = new Set<Digest>();
  const corrupt: Digest[] = [];
  let done = 0;
  await forEachBounded(objects, 4, async (digest) => {
    const found = await hashFile(cache.objectPath(digest)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // gc of another process took it
    });
    if (found === digest) sound.add(digest);
    else if (found !== undefined) {
      corrupt.push(digest);
      cache.setAside(cache.objectPath(digest), 'its content is not what its name says');
    }
    done += sizes.get(digest) ?? 0;
    onProgress(done, total);
  });
  const results = namesTwoDown(join(cache.folder, 'results'))
    .map((name) => name.replace(/\.json$/, ''))
    .filter(isDigest);
  const readable = results.flatMap((digest) => cache.readResult(digest) ?? []);
  const incomplete = readable.flatMap((result) => {
    const missing = [...new Set(objectsOf(result))].filter((object) => !sound.has(object));
    return missing.length === 0 ? [] : [{ result: result.digest, kind: result.fingerprint.kind, missing }];
  });
  return { objects: objects.length, results: readable.length, corrupt: corrupt.sort(), incomplete };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function namesTwoDown(folder: string): readonly string[] {
  return namesIn(folder).flatMap((name) => namesIn(join(folder, name)));
}
