import type { Digest } from '../../digest.ts';
import type { LocalStore } from './local-store.ts';
import type { RunManifest } from './runs/run-manifest.ts';
import type { Lookup, StageResult, StoredArtifact } from './stage-result.ts';

/**
 * What the runner asks of a store: the results of stages, wherever their bytes are. What is on this
 * machine is in the `local` store.
 */
export interface Store {
  readonly local: LocalStore;

  /** Prepares the lookup of many results of a pipeline that are not here, by few requests. */
  expect?(pipeline: string): Promise<void>;

  /** The result of a fingerprint, and whether its bytes are here or must be fetched. */
  lookup(fingerprint: Digest): Promise<Lookup>;

  /** A result that is here, or that a lookup found elsewhere. */
  readResult(fingerprint: Digest): StageResult | undefined;

  /** Keeps a result that is used now, and dates its last use. */
  markUsed(fingerprint: Digest): Promise<void>;

  /**
   * Fetches objects that are elsewhere, with those of a log. False if some of an artifact are lost.
   */
  fetch(artifacts: readonly StoredArtifact[], log?: Digest): Promise<boolean>;

  /** How new results reach others; absent where nobody else gets them. */
  readonly outbox?: Outbox;

  /** Ends connections. They would keep this process alive. */
  close(): Promise<void>;
}

/** The way of new results to those who share a store. */
export interface Outbox {
  /** Offers a new result. */
  share(result: StageResult): void;

  /**
   * Offers a run in which everything succeeded and something ran; `page` is the path of its report.
   */
  shareRun(manifest: RunManifest, page: string | undefined): void;

  /** Sends what was offered, at the end of a run, unless that is interrupted. */
  flush(signal: AbortSignal): Promise<void>;
}
