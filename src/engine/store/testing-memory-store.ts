import { readFile } from 'node:fs/promises';
import { type Digest, sha256 } from '../../digest.ts';
import type { ListedFile, Listing } from '../files/listing.ts';
import type { StageResult, StoredArtifact } from './stage-result.ts';
import type { Lookup, Store } from './store.ts';

/** A store in memory, for tests. It can also know results whose bytes are elsewhere. */
export class MemoryStore implements Store {
  readonly objects = new Map<Digest, Buffer>();
  readonly used = new Set<Digest>();
  readonly #results = new Map<Digest, StageResult>();
  readonly #elsewhere = new Set<Digest>();

  /** Moves the bytes of a result elsewhere: the result stays known. */
  moveAway(fingerprint: Digest): void {
    this.#elsewhere.add(fingerprint);
    const outputs = this.#results.get(fingerprint)?.outputs ?? {};
    for (const { files } of Object.values(outputs)) for (const { digest } of files) this.objects.delete(digest);
  }

  async lookup(fingerprint: Digest): Promise<Lookup> {
    const result = this.#results.get(fingerprint);
    if (result === undefined) return { state: 'missing' };
    return { state: this.#elsewhere.has(fingerprint) ? 'elsewhere' : 'here', result };
  }

  async storeArtifact(source: string, listing: Listing): Promise<void> {
    for (const { path } of listing.files) await this.storeFile(path === '' ? source : `${source}/${path}`);
  }

  async storeFile(path: string): Promise<Digest> {
    const bytes = await readFile(path);
    this.objects.set(sha256(bytes), bytes);
    return sha256(bytes);
  }

  async missingObjects(artifact: StoredArtifact): Promise<readonly ListedFile[]> {
    return artifact.files.filter(({ digest }) => !this.objects.has(digest));
  }

  async writeResult(result: StageResult): Promise<void> {
    this.#results.set(result.digest, result);
    this.#elsewhere.delete(result.digest);
  }

  async markUsed(fingerprint: Digest): Promise<void> {
    this.used.add(fingerprint);
  }
}
