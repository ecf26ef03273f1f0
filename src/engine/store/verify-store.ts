import { existsSync } from 'node:fs';
import { type Digest, isDigest } from '../../digest.ts';
import { type CacheFolder, inCache } from '../files/cache-paths.ts';
import { type Entry, filesIn } from '../files/entries-in.ts';
import { forEachBounded } from '../files/for-each-bounded.ts';
import { hashFile } from '../files/hash-file.ts';
import { isSoundCheckpoint } from './checkpoint-file.ts';
import type { LocalStore } from './local-store.ts';
import { objectsOf } from './stage-result.ts';

/**
 * Hashes every object and checkpoint again, reads every result, and sets aside what is damaged.
 * `onProgress` gets bytes.
 */
export async function verifyStore(
  store: LocalStore,
  onProgress: (done: number, total: number) => void = () => {},
) {
  const filesOf = (folder: CacheFolder) => filesIn(inCache(store.folder, folder));
  const objects = filesOf('objects').filter(({ name }) => isDigest(name));
  const checkpoints = filesOf('checkpoints').filter(({ name }) => isDigest(name));
  const total = [...objects, ...checkpoints].reduce((sum, { size }) => sum + size, 0);
  const sound = new Set<Digest>();
  const corrupt: Digest[] = [];
  let done = 0;
  const progress = ({ size }: Entry) => {
    done += size;
    onProgress(done, total);
  };
  await forEachBounded(objects, 4, async (object) => {
    const digest = object.name as Digest;
    const actual = await hashFile(object.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // gc of another process took it
    });
    if (actual === digest) sound.add(digest);
    else if (actual !== undefined) {
      corrupt.push(digest);
      store.setAside(object.path, 'its content does not match its digest');
    }
    progress(object);
  });
  const corruptCheckpoints = checkpoints.filter((checkpoint) => {
    const isDamaged = existsSync(checkpoint.path) && !isSoundCheckpoint(checkpoint.path);
    if (isDamaged) store.setAside(checkpoint.path, 'it is not as it was written');
    progress(checkpoint);
    return isDamaged;
  });
  const names = filesOf('results').map(({ name }) => name.replace(/\.json$/, ''));
  const readable = names.filter(isDigest).flatMap((digest) => store.readResult(digest) ?? []);
  const incomplete: {
    readonly result: Digest;
    readonly kind: string;
    readonly missing: readonly Digest[];
  }[] = [];
  for (const result of readable) {
    const missing: Digest[] = [];
    for (const object of new Set(objectsOf(result))) {
      // A run may have stored it since the objects were listed.
      if (!sound.has(object) && !(await store.checkObject(object))) missing.push(object);
    }
    // gc removes a result before its objects.
    const isThere = missing.length > 0 && existsSync(store.resultPath(result.digest));
    if (isThere) incomplete.push({ result: result.digest, kind: result.fingerprint.kind, missing });
  }
  return {
    objects: objects.length,
    results: readable.length,
    checkpoints: checkpoints.length,
    corrupt: corrupt.sort(),
    corruptCheckpoints: corruptCheckpoints.map(({ name }) => name as Digest),
    incomplete,
  };
}
