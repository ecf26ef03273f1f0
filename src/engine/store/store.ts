import type { Digest } from '../../digest.ts';
import type { ListedFile, Listing } from '../files/listing.ts';
import type { StageResult, StoredArtifact } from './stage-result.ts';

/** The answer of a store for a fingerprint. The bytes of a result `elsewhere` must be fetched before they can be read. */
export type Lookup =
  | { readonly state: 'here'; readonly result: StageResult }
  | { readonly state: 'elsewhere'; readonly result: StageResult }
  | { readonly state: 'missing' };

/**
 * Objects by content, results by fingerprint. What a store gives is whole; damage counts as missing. Writing is
 * idempotent, and a result follows its objects. Failures throw a `WriteError`.
 */
export interface Store {
  lookup(fingerprint: Digest): Promise<Lookup>;

  /** Stores what was listed at `source`: moved, or copied where a process may still have it open (not `contained`). */
  storeArtifact(source: string, listing: Listing, options?: { readonly contained?: boolean }): Promise<void>;

  /** Stores a copy of a single file, such as a log, and gives its digest. */
  storeFile(path: string): Promise<Digest>;

  /** Files of an artifact whose objects the store has lost. It looks at names and sizes, not at bytes. */
  missingObjects(artifact: StoredArtifact): Promise<readonly ListedFile[]>;

  /** Records a result whose objects are all stored. */
  writeResult(result: StageResult): Promise<void>;

  /** Dates the last use of a result, which decides what gc keeps. */
  markUsed(fingerprint: Digest): Promise<void>;
}
