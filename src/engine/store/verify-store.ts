import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../../digest.ts';
import { namesIn } from '../files/entries-in.ts';
import { forEachBounded } from '../files/for-each-bounded.ts';
import { hashFile } from '../files/hash-file.ts';
import { isSoundCheckpoint } from './checkpoint-file.ts';
import type { FolderStore } from './folder-store.ts';
import { objectsOf } from './stage-result.ts';

/** Rehashes every object and checkpoint, reads every result, and sets aside what is damaged. `onProgress` receives bytes. */
export async function verifyStore(store: FolderStore, onProgress: (done: number, total: number) => void = () => {}) {
  const objects = namesTwoDown(join(store.folder, 'objects')).filter(isDigest);
  const checkpoints = namesTwoDown(join(store.folder, 'checkpoints')).filter(isDigest);
  const paths = [
    ...objects.map((digest) => store.objectPath(digest)),
    ...checkpoints.map((digest) => store.checkpointPath(digest)),
  ];
  const sizes = new Map(paths.map((path) => [path, sizeOf(path)]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const sound = new Set<Digest>();
  const corrupt: Digest[] = [];
  let done = 0;
  const tell = (path: string) => {
    done += sizes.get(path) ?? 0;
    onProgress(done, total);
  };
  await forEachBounded(objects, 4, async (digest) => {
    const found = await hashFile(store.objectPath(digest)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // gc of another process took it
    });
    if (found === digest) sound.add(digest);
    else if (found !== undefined) {
      corrupt.push(digest);
      store.setAside(store.objectPath(digest), 'its content is not what its name says');
    }
    tell(store.objectPath(digest));
  });
  const corruptCheckpoints = checkpoints.filter((digest) => {
    const path = store.checkpointPath(digest);
    const isDamaged = existsSync(path) && !isSoundCheckpoint(path);
    if (isDamaged) store.setAside(path, 'it is not as it was written');
    tell(path);
    return isDamaged;
  });
  const results = namesTwoDown(join(store.folder, 'results'))
    .map((name) => name.replace(/\.json$/, ''))
    .filter(isDigest);
  const readable = results.flatMap((digest) => store.readResult(digest) ?? []);
  const incomplete = readable.flatMap((result) => {
    const missing = [...new Set(objectsOf(result))].filter((object) => !sound.has(object));
    return missing.length === 0 ? [] : [{ result: result.digest, kind: result.fingerprint.kind, missing }];
  });
  return {
    objects: objects.length,
    results: readable.length,
    checkpoints: checkpoints.length,
    corrupt: corrupt.sort(),
    corruptCheckpoints,
    incomplete,
  };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function namesTwoDown(folder: string): readonly string[] {
  return namesIn(folder).flatMap((name) => namesIn(join(folder, name)));
}
