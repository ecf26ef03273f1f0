import type { Digest } from '../../digest.ts';
import type { LocalStore } from './local-store.ts';
import type { Lookup, StageResult } from './stage-result.ts';
import type { Store } from './store.ts';

/** The store of a project that shares nothing: what is not here is missing. */
export class UnsharedStore implements Store {
  readonly local: LocalStore;

  constructor(local: LocalStore) {
    this.local = local;
  }

  async lookup(fingerprint: Digest): Promise<Lookup> {
    const result = this.readResult(fingerprint);
    return result === undefined ? { state: 'missing' } : { state: 'here', result };
  }

  readResult(fingerprint: Digest): StageResult | undefined {
    return this.local.readResult(fingerprint);
  }

  markUsed(fingerprint: Digest): Promise<void> {
    return this.local.markUsed(fingerprint);
  }

  /** Nothing is elsewhere: whether all objects are here shows when they are read. */
  async fetch(): Promise<boolean> {
    return true;
  }

  /** Nothing is connected. */
  async close(): Promise<void> {}
}
