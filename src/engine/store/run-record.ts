import type { Digest } from '../../digest.ts';
import type { Outcome } from '../events.ts';

/** How a run ended: `cache/runs/<id>/run.json`. It holds the numbers themselves, so that they outlive the results. */
export interface RunRecord {
  readonly pipeline: string;
  /** The pipeline's file, relative to the root. */
  readonly file: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly restage: string;
  readonly gitCommit?: string;
  readonly stages: Readonly<Record<string, StageEntry>>;
}

export interface StageEntry {
  readonly outcome: Outcome;
  /** Duration of the work done in this run. */
  readonly seconds?: number;
  readonly message?: string;
  /** Fingerprint of its result; absent where it has none, and in old records. */
  readonly result?: Digest;
  /** Numbers of its `metrics` outputs by name, such as `test.auc`; the same of their intervals. */
  readonly metrics?: Readonly<Record<string, number | null>>;
  readonly intervals?: Readonly<Record<string, readonly [low: number, high: number]>>;
  /** How many more there were than a record keeps. */
  readonly numbersLeftOut?: number;
}
