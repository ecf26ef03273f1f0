import type { Digest } from '../../../digest.ts';
import { isJsonObject, type Json } from '../../../json.ts';
import type { Outcome } from './outcome.ts';

/**
 * The record of a run: `cache/runs/<id>/run.json`. It holds the numbers themselves, so that they
 * outlive the results.
 */
export interface RunRecord {
  readonly pipeline: string;
  readonly file: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly restage: string;
  readonly gitCommit?: string;
  readonly stages: Readonly<Record<string, StageEntry>>;
}

/** A stage in the record of a run. */
export interface StageEntry extends StageNumbers {
  readonly outcome: Outcome;
  readonly seconds?: number;
  readonly message?: string;
  /** A job brings it to its end after this run. */
  readonly leftToJob?: true;
  /** Fingerprint of its result; absent where it has none, and in old records. */
  readonly result?: Digest;
}

/** The numbers of a stage in the record of a run. */
export interface StageNumbers {
  /** Numbers of its `metrics` outputs by name, such as `test.auc`, and their intervals. */
  readonly metrics?: Readonly<Record<string, number | null>>;
  readonly intervals?: Readonly<Record<string, readonly [low: number, high: number]>>;
  /** How many more there were than a record keeps. */
  readonly numbersLeftOut?: number;
}

/** Whether JSON has what every reader of records uses. */
export function isRunRecord(value: Json | undefined): value is Json & RunRecord {
  if (!isJsonObject(value) || !isJsonObject(value['stages'])) return false;
  const { pipeline, startedAt, seconds, stages } = value;
  return (
    typeof pipeline === 'string' &&
    typeof startedAt === 'string' &&
    typeof seconds === 'number' &&
    Object.values(stages).every((stage) => isJsonObject(stage) && 'outcome' in stage)
  );
}
