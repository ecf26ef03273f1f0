import type { Digest } from '../../../digest.ts';
import type { Fingerprint } from '../../fingerprint/fingerprint.ts';

/** Where an attempt works and logs. */
export interface AttemptPaths {
  /**
   * A private, empty folder on the disk of the cache, so that outputs can be moved to the store.
   */
  readonly work: string;
  /** The path of the log, which is kept with the run. The file does not exist yet. */
  readonly log: string;
}

/** The files of an attempt. */
export interface AttemptFiles extends AttemptPaths {
  record(state: Partial<AttemptState>): void;
  /**
   * Removes the private folder with its content. `contained`: certainly no process can write to it
   * any more.
   */
  removeWork(options?: { readonly contained: boolean }): Promise<void>;
}

/** The state of an attempt. Without an end, it is still running, or its run was killed. */
export interface AttemptState {
  readonly fingerprint: Digest;
  /** The fingerprint itself, to say later what changed; absent in old records. */
  readonly content?: Fingerprint;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly end?: AttemptEnd;
}

export interface AttemptEnd {
  readonly outcome: 'succeeded' | 'failed' | 'interrupted';
  readonly seconds: number;
  readonly message?: string;
}

/** A recorded attempt; it has a log only if it printed something. */
export interface PastAttempt {
  readonly state: AttemptState;
  readonly log?: string;
}
