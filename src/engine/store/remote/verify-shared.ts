import { createHash } from 'node:crypto';
import type { Digest } from '../../../digest.ts';
import { objectsOf } from '../stage-result.ts';
import { parseResultKey } from './envelope.ts';
import type { RemoteStore } from './remote-store.ts';

export interface SharedFaults {
  /** Results of trusted keys. */
  readonly results: number;
  readonly objects: number;
  /** Keys of results that have no right signature, or lack some of their bytes. */
  readonly broken: readonly string[];
  /** Keys of packs and objects with bytes that are not those of a digest. */
  readonly damaged: readonly string[];
}

/** Reads every result of a trusted key, and every byte that it names. */
export async function verifyShared(remote: RemoteStore): Promise<SharedFaults> {
  const broken = new Set<string>();
  const damaged = new Set<string>();
  const sound = new Set<Digest>();
  let results = 0;
  const keys: string[] = [];
  for await (const { key } of remote.bucket.list('results/')) keys.push(key);
  for (const key of keys) {
    const { fingerprint, owner } = parseResultKey(key) ?? {};
    if (owner === undefined || !remote.trusted.has(owner)) continue;
    results += 1;
    const found = await remote.readResult(fingerprint!, owner);
    if (found === undefined) {
      broken.add(key);
      continue;
    }
    const { locations } = found.envelope;
    const objects = [...new Set(objectsOf(found.result))].filter((digest) => !sound.has(digest));
    const wanted = objects.map((digest) => ({ digest, size: locations.get(digest)?.length }));
    const lost = await remote.fetch(
      wanted,
      (digest) => locations.get(digest),
      async (digest, chunks) => {
        const hash = createHash('sha256');
        let bytes = 0;
        for await (const chunk of chunks) {
          bytes += chunk.length;
          hash.update(chunk);
        }
        const isSound = hash.digest('hex') === digest;
        if (isSound) sound.add(digest);
        else if (bytes > 0) damaged.add(locations.get(digest)!.key);
        return isSound;
      },
    );
    if (lost.length > 0) broken.add(key);
  }
  return { results, objects: sound.size, broken: [...broken], damaged: [...damaged] };
}
