import type { Digest } from '../../digest.ts';
import type { ArtifactType, Highlight } from '../../stage.ts';
import type { Listing } from '../files/listing.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';

/** What running a stage gave: the objects of every port, and the record. Stored as `cache/results/ab/<fingerprint>.json`. */
export interface StageResult {
  readonly format: 1;
  readonly digest: Digest;
  readonly fingerprint: Fingerprint;
  /** By port. */
  readonly outputs: Readonly<Record<string, StoredArtifact>>;
  /** False for `cache: false`: the digests are known, the objects are not kept. */
  readonly stored: boolean;
  readonly record: StageRecord;
}

/** An output as a result records it. */
export interface StoredArtifact extends Listing {
  readonly type: ArtifactType;
}

/** How a result came about; never keyed, and the only place for times, hosts and versions. */
export interface StageRecord {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly attempts: number;
  readonly host: string;
  readonly node: string;
  readonly restage: string;
  readonly gitCommit?: string;
  readonly cpus: number;
  /** Said by the stage: the backend that ran, versions. */
  readonly notes: Readonly<Record<string, string | number>>;
  readonly highlights: readonly Highlight[];
  readonly warnings: readonly string[];
  /** The log's object; absent where nothing was logged. */
  readonly log?: Digest;
}
