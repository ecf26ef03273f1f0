import type { Digest } from '../../digest.ts';
import type { ListedFile, Listing } from '../files/listing.ts';
import type { StageResult, StoredArtifact } from './stage-result.ts';

/**
 * What a store holds for a fingerprint. Of a result that is `here` the bytes can be read at once, as far as the store knows;
 * of one that is `elsewhere` record and digests are known, but the bytes must be fetched before anything can read them.
 */
export type Lookup =
  | { readonly state: 'here'; readonly result: StageResult }
  | { readonly state: 'elsewhere'; readonly result: StageResult }
  | { readonly state: 'missing' };

/**
 * The place of results, as the runner sees it: objects by the SHA-256 of their content, results by fingerprint.
 *
 * Whatever a store gives is whole, and damage counts as missing. Writing is idempotent: several runs may write the same
 * things at once. A result is written after all of its objects. A store that cannot be written throws a `WriteError`.
 */
export interface Store {
  lookup(fingerprint: Digest): Promise<Lookup>;

  /**
   * Stores what was listed at `source`, a stage's private output. The store may take the files away; where a process may
   * still have them open (not `contained`), it copies them.
   */
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
