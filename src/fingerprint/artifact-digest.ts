import type { ArtifactType } from '../stage.ts';
import type { Digest } from './digest.ts';

/** One file of an artifact: `path` is relative and POSIX, or empty where the artifact is a single file. */
export interface ListedFile {
  readonly path: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** Kept for restoring; not part of any digest. */
  readonly executable?: true;
}

/**
 * What a file or folder holds, by content.
 *
 * A folder's parts are its top-level folders; files beside them belong to every part. So a reader of the part `train`
 * is keyed by `dataset.json` and everything under `train/`.
 */
export interface Listing {
  readonly folder: boolean;
  /** In code-unit order of `path`. */
  readonly files: readonly ListedFile[];
  readonly digest: Digest;
  /** Digest of each part alone, and of the files that belong to every part under the empty name; absent for a file. */
  readonly parts: Readonly<Record<string, Digest>>;
}

/** An output as a result records it. */
export interface StoredArtifact extends Listing {
  readonly type: ArtifactType;
}
