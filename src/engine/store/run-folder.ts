import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { plainText } from '../../plain-text.ts';
import { namesIn } from '../files/names-in.ts';
import { lifeOf, readIdentity, thisProcess } from '../files/process-identity.ts';
import { writeAtomic, writeNew } from '../files/write-atomic.ts';
import { writeError } from '../files/write-error.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { slug } from './latest.ts';
import type { RunRecord } from './run-record.ts';

/** Where one attempt of a stage works and logs. */
export interface AttemptFiles {
  /** Private, empty, on the disk of the cache; so outputs are moved into it and not copied. */
  readonly work: string;
  /** Kept with the run, failures too. Its folder exists; the file does not. */
  readonly log: string;
  /** Keeps how the attempt stands: at its beginning and, with its end, again. */
  tell(state: AttemptState): void;
  removeWork(): Promise<void>;
}

/** How an attempt of a stage stands, or ended. Without an end it goes on, or its run was killed. */
export interface AttemptState {
  /** Of what it works, or worked, on. */
  readonly fingerprint: Digest;
  /** The same in full, to tell what changed since; absent in records of before it was kept. */
  readonly content?: Fingerprint;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly end?: {
    readonly outcome: 'succeeded' | 'failed' | 'interrupted';
    readonly seconds: number;
    readonly message?: string;
  };
}

/** An attempt as it is found again; its log is there only if it printed something. */
export interface PastAttempt {
  readonly state: AttemptState;
  readonly log?: string;
}

/** How many bytes of a log's end are looked at for its last lines. */
const tailBytes = 64 * 1024;
const day = 86_400_000;
const month = 30 * day;

/**
 * What a run leaves of itself, whatever its end: `cache/runs/<id>/` with its record, its process and the log of every
 * attempt. `cache/work/<id>/` holds the private folders of the attempts. It is there from the beginning of the run to its
 * end, so what is in `cache/work` are the runs under way and those that were killed.
 */
export class RunFolder {
  readonly id: string;
  readonly path: string;
  readonly work: string;
  /** The file of the run's events, one JSON object a line. */
  readonly events: string;

  private constructor(cache: string, id: string) {
    this.id = id;
    this.path = join(cache, 'runs', id);
    this.work = join(cache, 'work', id);
    this.events = join(this.path, 'events.jsonl');
  }

  /**
   * Begins the run `id` of a pipeline, which sorts by time, such as `2025-01-31T09-12-03.042-4f2a`. Throws a `WriteError`,
   * with the code `EEXIST` in its cause where there is a run of this id: no run's folder is ever another one's.
   */
  static start(cache: string, id: string, pipeline: string): RunFolder {
    const run = new RunFolder(cache, id);
    try {
      mkdirSync(dirname(run.path), { recursive: true });
      mkdirSync(run.path);
      writeAtomic(join(run.path, 'process.json'), JSON.stringify({ ...thisProcess(), pipeline }), { sync: false });
      mkdirSync(run.work, { recursive: true });
    } catch (error) {
      throw writeError(`the run's record in ${run.path}`, error);
    }
    return run;
  }

  /** An earlier run, for reading. */
  static open(cache: string, id: string): RunFolder {
    return new RunFolder(cache, id);
  }

  /** The files of an attempt, from 1; what an earlier one of this number left in its folder is gone. */
  attempt(stage: string, number: number): AttemptFiles {
    const work = join(this.work, `${slug(stage)}-${number}`);
    const log = this.logPath(stage, number);
    try {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
      mkdirSync(work, { recursive: true });
      mkdirSync(join(this.path, slug(stage)), { recursive: true });
    } catch (error) {
      throw writeError(`the private folder ${work}`, error);
    }
    const tell = (state: AttemptState) => {
      try {
        writeAtomic(this.#statePath(stage, number), JSON.stringify(state), { sync: false });
      } catch (error) {
        throw writeError(`the record of an attempt in ${this.path}`, error);
      }
    };
    return { work, log, tell, removeWork: () => rm(work, { recursive: true, force: true, maxRetries: 3 }) };
  }

  logPath(stage: string, number: number): string {
    return join(this.path, slug(stage), `attempt-${number}.log`);
  }

  #statePath(stage: string, number: number): string {
    return join(this.path, slug(stage), `attempt-${number}.json`);
  }

  /** The stage's attempts in this run, first to last; empty when it did not run. */
  attempts(stage: string): readonly PastAttempt[] {
    const attempts: PastAttempt[] = [];
    for (let number = 1; ; number += 1) {
      const state = readJson(this.#statePath(stage, number)) as AttemptState | undefined;
      if (state === undefined) return attempts;
      const log = this.logPath(stage, number);
      attempts.push({ state, ...(existsSync(log) && { log }) });
    }
  }

  /** The last lines of the last attempt's log, at most `count`; empty when it printed nothing. */
  logTail(stage: string, count = 20): readonly string[] {
    const log = this.attempts(stage).at(-1)?.log;
    if (log === undefined) return [];
    const file = openSync(log, 'r');
    try {
      const { size } = fstatSync(file);
      if (size === 0) return [];
      const bytes = Buffer.alloc(Math.min(size, tailBytes));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return plainText(bytes.toString('utf8')).replace(/\n$/, '').split('\n').slice(-count);
    } finally {
      closeSync(file);
    }
  }

  /** Once: a record that is there is never replaced. */
  writeRecord(record: RunRecord): void {
    try {
      writeNew(join(this.path, 'run.json'), `${JSON.stringify(record, undefined, 2)}\n`);
    } catch (error) {
      throw writeError(`the run's record in ${this.path}`, error);
    }
  }

  /** Undefined for a run that was killed before its end, or still goes on. */
  readRecord(): RunRecord | undefined {
    const record = readJson(join(this.path, 'run.json')) as RunRecord | undefined;
    if (record?.stages === undefined) return record;
    const stages = Object.entries(record.stages).map(([name, entry]) => {
      const isOld = (entry.outcome as string) === 'fresh'; // the word of earlier versions
      return [name, isOld ? { ...entry, outcome: 'up to date' as const } : entry] as const;
    });
    return { ...record, stages: Object.fromEntries(stages) };
  }

  /** Forgets a run that had nothing to do. */
  discard(): void {
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch (error) {
      throw writeError(`to ${this.path}`, error);
    }
  }

  /** Whether its process may still be at work; of a process that cannot be asked, that is believed for a month. */
  isLiving(): boolean {
    const owner = readIdentity(join(this.path, 'process.json'));
    if (owner === undefined || this.readRecord() !== undefined) return false;
    const life = lifeOf(owner);
    return life === 'alive' || (life === 'unknown' && Date.now() - this.startedAt() < month);
  }

  /**
   * Whether its process ended before it removed `work`. Of a process that cannot be asked, that is believed after a month;
   * where nothing says whose the folder is, after a day.
   */
  wasKilled(now = Date.now()): boolean {
    const owner = readIdentity(join(this.path, 'process.json'));
    if (owner === undefined) return now - (statSync(this.work, { throwIfNoEntry: false })?.ctimeMs ?? now) > day;
    const life = lifeOf(owner);
    return life === 'dead' || (life === 'unknown' && now - this.startedAt() > month);
  }

  /** Whether it came so far as to run a stage. */
  ranStages(): boolean {
    return namesIn(this.path).some((name) => !/\.jsonl?$/.test(name));
  }

  /** The name of the pipeline that runs, known from the beginning; undefined where the file was damaged. */
  pipeline(): string | undefined {
    return (readJson(join(this.path, 'process.json')) as { readonly pipeline?: string } | undefined)?.pipeline;
  }

  /** Milliseconds since the epoch. */
  startedAt(): number {
    return statSync(join(this.path, 'process.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /** Removes the private folders of all its attempts. */
  async removeWork(): Promise<void> {
    await rm(this.work, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The ids of the runs that have a private folder. */
export const openRunIds = (cache: string): readonly string[] => namesIn(join(cache, 'work'));

/** The ids of all runs, the last first. */
export function runIds(cache: string): readonly string[] {
  return [...namesIn(join(cache, 'runs'))].reverse();
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
