import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { day } from '../../../day.ts';
import type { Json } from '../../../json.ts';
import { slug } from '../../config/file-names.ts';
import { inCache } from '../../files/cache-paths.ts';
import { namesIn } from '../../files/entries-in.ts';
import { lifeOf, readIdentity, thisProcess } from '../../files/process-identity.ts';
import { jsonLines, readText } from '../../files/read-part.ts';
import { creatingFolder, readJson, writeJson, writeNew } from '../../files/write-atomic.ts';
import { WriteError, writing } from '../../files/write-error.ts';
import type { AttemptFiles, AttemptState, PastAttempt } from './attempts.ts';
import { emptyFolder, removeFolder } from './remove-folder.ts';
import { isRunRecord, type RunRecord } from './run-record.ts';

const month = 30 * day;

/**
 * Record, process and logs in `cache/runs/<id>/`; private folders in `cache/work/<id>/` until the
 * run's end.
 */
export class RunFolder {
  readonly id: string;
  readonly path: string;
  readonly work: string;
  readonly events: string;
  /** What the processes of its stages used, once a second; absent where nobody looked. */
  readonly usage: string;
  /** Data on the run's sweeps, written by its report; absent for a run without sweeps. */
  readonly selections: string;
  readonly #attempts: string;
  /** The content of the file of attempts, as of `#bytes`. */
  #states = new Map<string, AttemptState[]>();
  #bytes = 0;
  /**
   * Empty private folders of attempts that have ended, which further attempts get under their own
   * names: removing a folder takes milliseconds where the disk discards its block.
   */
  readonly #spares: string[] = [];

  constructor(folder: string, id: string) {
    this.id = id;
    this.path = inCache(folder, 'runs', id);
    this.work = inCache(folder, 'work', id);
    this.events = join(this.path, 'events.jsonl');
    this.usage = join(this.path, 'usage.jsonl');
    this.selections = join(this.path, 'selections.json');
    this.#attempts = join(this.path, attemptsName);
  }

  /**
   * Begins a run. Ids sort by time. Throws a `WriteError`, with the cause `EEXIST` if the id is
   * taken.
   */
  static start(folder: string, id: string, pipeline: string): RunFolder {
    const run = new RunFolder(folder, id);
    writing(`the run's record in ${run.path}`, () => {
      mkdirSync(dirname(run.path), { recursive: true });
      mkdirSync(run.path);
      writeJson(join(run.path, 'process.json'), { ...thisProcess(), pipeline });
      mkdirSync(run.work, { recursive: true });
    });
    return run;
  }

  /**
   * Creates the files of an attempt, numbered from 1, and removes what an earlier attempt of this
   * number left.
   */
  attempt(stage: string, number: number): AttemptFiles {
    const work = join(this.work, `${slug(stage)}-${number}`);
    writing(`the private folder ${work}`, () => {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
      this.#makeWork(work);
    });
    return {
      work,
      log: this.logPath(stage, number),
      record: (state) => this.#record({ stage, number, ...state }),
      removeWork: async ({ contained } = { contained: false }) => {
        if (contained && emptyFolder(work) && this.#isAsNew(work)) this.#spares.push(work);
        else await removeFolder(work);
      },
    };
  }

  /** Whether a folder has the rights that a new one would get: a stage may have changed them. */
  #isAsNew(work: string): boolean {
    const mode = (path: string) => statSync(path, { throwIfNoEntry: false })?.mode;
    return mode(work) === mode(this.work);
  }

  /** Makes an empty private folder, of a spare one if possible. */
  #makeWork(work: string): void {
    const spare = this.#spares.pop();
    try {
      if (spare !== undefined) renameSync(spare, work);
    } catch {
      // Somebody removed it.
    }
    mkdirSync(work, { recursive: true });
  }

  logPath(stage: string, number: number): string {
    return join(this.path, slug(stage), `attempt-${number}.log`);
  }

  /** One file for all attempts: creating a file for each would take longer than a small stage. */
  #record(line: AttemptLine): void {
    // The line break comes first, so that a line which a full disk cut damages no other one.
    const text = `\n${JSON.stringify(line)}`;
    writing(`the record of an attempt in ${this.path}`, () =>
      creatingFolder(this.#attempts, () => appendFileSync(this.#attempts, text)),
    );
    addAttempt(this.#states, line);
    this.#bytes += Buffer.byteLength(text);
  }

  attempts(stage: string): readonly PastAttempt[] {
    const bytes = statSync(this.#attempts, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes !== this.#bytes) {
      this.#states = new Map();
      for (const line of jsonLines<AttemptLine>(readText(this.#attempts)))
        addAttempt(this.#states, line);
    }
    this.#bytes = bytes;
    return (this.#states.get(stage) ?? []).flatMap((state, index) => {
      if (state.startedAt === undefined) return []; // the line of its beginning is torn
      const log = this.logPath(stage, index + 1);
      return { state, ...(existsSync(log) && { log }) };
    });
  }

  /** Writes the record once: it is never replaced. */
  writeRecord(record: RunRecord): void {
    const text = `${JSON.stringify(record, undefined, 2)}\n`;
    const isFirst = writing(`the run's record in ${this.path}`, () =>
      writeNew(join(this.path, 'run.json'), text),
    );
    if (!isFirst)
      throw new WriteError(`Cannot write the run's record in ${this.path}: it is there already.`);
  }

  /**
   * The record; undefined for a run that was killed or is still running, and where a damaged file
   * holds something else.
   */
  readRecord(): RunRecord | undefined {
    const record = readJson<Json>(join(this.path, 'run.json'));
    return isRunRecord(record) ? record : undefined;
  }

  /** Removes the run from the history. */
  discard(): void {
    writing(`to ${this.path}`, () => rmSync(this.path, { recursive: true, force: true }));
  }

  /**
   * Whether its process may still be running. A process on another machine is assumed to run for a
   * month.
   */
  isLiving(): boolean {
    const owner = readIdentity(join(this.path, 'process.json'));
    if (owner === undefined || this.readRecord() !== undefined) return false;
    const life = lifeOf(owner);
    return life === 'alive' || (life === 'unknown' && Date.now() - this.startedAt() < month);
  }

  /** What a run without a record is: it is still at work, or it was killed. */
  stateWithoutRecord(): 'running' | 'killed' {
    return this.isLiving() ? 'running' : 'killed';
  }

  /**
   * Whether its process died before it removed `work`: assumed on another machine after a month,
   * without an owner after a day.
   */
  wasKilled(now = Date.now()): boolean {
    const owner = readIdentity(join(this.path, 'process.json'));
    if (owner === undefined)
      return now - (statSync(this.work, { throwIfNoEntry: false })?.ctimeMs ?? now) > day;
    const life = lifeOf(owner);
    return life === 'dead' || (life === 'unknown' && now - this.startedAt() > month);
  }

  /** Whether some stage made an attempt. */
  ranStages(): boolean {
    return namesIn(this.path).some((name) => name === attemptsName || !/\.jsonl?$/.test(name));
  }

  /** The name of its pipeline, known from the beginning; undefined if the file is damaged. */
  pipeline(): string | undefined {
    return readJson<{ readonly pipeline?: string }>(join(this.path, 'process.json'))?.pipeline;
  }

  /** Milliseconds since the epoch. */
  startedAt(): number {
    return statSync(join(this.path, 'process.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  removeWork(): Promise<void> {
    return removeFolder(this.work);
  }
}

/** A line of a run's `attempts.jsonl`. A later line of an attempt adds to earlier ones. */
interface AttemptLine extends Partial<AttemptState> {
  readonly stage: string;
  /** From 1. */
  readonly number: number;
}

const attemptsName = 'attempts.jsonl';

function addAttempt(
  states: Map<string, AttemptState[]>,
  { stage, number, ...state }: AttemptLine,
): void {
  const attempts = states.get(stage) ?? [];
  attempts[number - 1] = { ...attempts[number - 1], ...state } as AttemptState;
  states.set(stage, attempts);
}
