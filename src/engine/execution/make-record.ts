import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { FolderStore } from '../store/folder-store.ts';
import type { StageRecord } from '../store/stage-result.ts';
import type { AttemptRecord } from './attempt.ts';

/** What the executor knows of an attempt beyond what the stage said. */
export interface AttemptFacts {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly attempts: number;
  readonly cpus: number;
  readonly logFile: string;
  readonly host: HostFacts;
}

/** The same for every stage of a run. */
export interface HostFacts {
  readonly restage: string;
  /** Of the project, where it is a git checkout. */
  readonly gitCommit: string | undefined;
}

/** How a result came about; the log becomes an object of the cache. */
export async function makeRecord(said: AttemptRecord, facts: AttemptFacts, cache: FolderStore): Promise<StageRecord> {
  const { startedAt, attempts, cpus, host } = facts;
  const log = existsSync(facts.logFile) ? await cache.storeFile(facts.logFile) : undefined;
  return {
    startedAt: new Date(startedAt).toISOString(),
    seconds: (Date.now() - startedAt) / 1000,
    attempts,
    host: hostname(),
    node: process.version,
    restage: host.restage,
    ...(host.gitCommit !== undefined && { gitCommit: host.gitCommit }),
    cpus,
    notes: said.notes,
    highlights: said.highlights,
    warnings: said.warnings,
    ...(log !== undefined && { log }),
  };
}
