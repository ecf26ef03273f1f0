import type { Digest } from '../../digest.ts';
import type { ArtifactType } from '../../stage.ts';

/** A run as an RO-Crate describes it: what was made of what, by what, and when. */
export interface CrateRun {
  /** The name of the pipeline. */
  readonly pipeline: string;
  readonly description?: string | undefined;
  /** The address of a licence. */
  readonly license: string;
  /** The files of the pipeline: first the one that ran, then those that it extends or includes. */
  readonly sources: readonly CrateFile[];
  readonly report?: CrateFile;
  readonly gitCommit?: string;
  /** A stage follows those that it reads. */
  readonly stages: readonly CrateStage[];
}

/** A file of the crate. */
export interface CrateFile {
  /** Relative to the crate, POSIX. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** The SHA-256 of its content. */
  readonly digest: Digest;
}

export interface CrateStage {
  readonly name: string;
  readonly kind: string;
  readonly kindVersion: number | string;
  /** The versions of Restage, Node and what its program ran with, by name. */
  readonly software: Readonly<Record<string, string>>;
  /** As JSON. */
  readonly settings: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly inputs: readonly CrateInput[];
  readonly outputs: readonly CrateOutput[];
}

/** An output of the crate that a stage read, or something that the crate does not hold. */
export type CrateInput =
  | { readonly output: CrateOutput }
  | {
      readonly port: string;
      /** The name of a user's file or folder, where the stage sees it. */
      readonly name?: string | undefined;
      readonly digest: Digest;
    };

export interface CrateOutput {
  readonly port: string;
  readonly type: ArtifactType;
  /** Where it is published: relative to the project, and to the crate. */
  readonly path: string;
  readonly digest: Digest;
  readonly isFolder: boolean;
  readonly files: number;
  /** In bytes, of all files. */
  readonly size: number;
  /** Whether no other stage of the run reads it. */
  readonly isFinal: boolean;
  /** False where the project does not keep it (`cache: false`). */
  readonly isHeld: boolean;
}
