import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { day } from '../../day.ts';
import type { Digest } from '../../digest.ts';
import { UserError } from '../../user-error.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import type { StageEvent } from '../events.ts';
import { inCache, leasePath } from '../files/cache-paths.ts';
import { namesIn } from '../files/entries-in.ts';
import { type ProcessIdentity, thisProcess } from '../files/process-identity.ts';
import { jsonLines, readText } from '../files/read-part.ts';
import { readJson, writeAtomic, writeJson, writeNew } from '../files/write-atomic.ts';
import { writing } from '../files/write-error.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { holderOf } from '../store/lease.ts';
import type { LoadedFiles, StageResult, StoredArtifact } from '../store/stage-result.ts';
import type { JobSize } from './job-request.ts';

/** The intent to submit jobs, written before: which tickets they serve, and with what. */
export interface Batch extends JobSize {
  readonly place: string;
  /** The built code of the place's scheduler, where the project brings it. */
  readonly scheduler?: string;
  readonly tickets: readonly {
    readonly stage: StageName;
    readonly digest: Digest;
    readonly keep: boolean;
  }[];
}

/** How earlier jobs of a stage ended. */
export interface Tries {
  /** Jobs in a row that died or were preempted without a newer checkpoint. */
  readonly lost: number;
  /** Processes of the stage that somebody killed on a node, likewise. */
  readonly killed?: number;
  /** Jobs that ended before they began to work. */
  readonly unstarted?: number;
  /** Whether a node refused the stage, since its code is not that of the run. */
  readonly refused?: true;
  /** Jobs in a row that used all their time without a newer checkpoint. */
  readonly idle: number;
  /**
   * The furthest step of the curves of any job, such as the epoch of a training. Absent before the
   * first.
   */
  readonly reached?: number;
  /** Bytes to ask for, since less was not enough once; 0 if that is not known. */
  readonly memory: number;
  /**
   * Whether `memory` is a guess after a job that had too little: then the job measures what the
   * stage needs.
   */
  readonly guessed?: true;
}

/** A stage for a job, as plain data: all that a node needs, without the pipeline's file. */
export interface Ticket {
  readonly stage: Stage;
  /** The stages that it reads, with their outputs only. */
  readonly sources: readonly Stage[];
  /** The artifacts that it reads, as digests of listings in the batch, by stage and port. */
  readonly artifacts: Readonly<Record<string, Readonly<Record<string, Digest>>>>;
  readonly fingerprint: Fingerprint;
  readonly digest: Digest;
  readonly loaded: readonly LoadedFiles[];
  /** The signature of each path input when it was hashed, by absolute path. */
  readonly looked: Readonly<Record<string, string>>;
  readonly backend: string | undefined;
  /** The path of the built code of a project's own kind, beside the list of its sources. */
  readonly module: string | undefined;
  readonly number: number;
  readonly keep: boolean;
  /** Whether its result replaces one; otherwise the first one stays. */
  readonly replaces: boolean;
  /** Whether to start without the present checkpoint. */
  readonly fresh: boolean;
  /** Artifacts without objects in the store, which are read where they are published. */
  readonly unstored: readonly Digest[];
  readonly restage: string;
  /** The build of Restage that decided about the stage. */
  readonly build: Digest;
  readonly gitCommit: string | undefined;
  readonly tries: Tries;
  /** Seconds that its last result took; undefined without one. */
  readonly expected: number | undefined;
}

/** A worker of one start of its job. A requeued job has a higher `restart`. */
interface WorkerName {
  readonly worker: string;
  readonly restart: number;
}

/** Who runs a ticket. */
export interface Claim extends WorkerName {
  readonly host: string;
  /**
   * The stage's checkpoint, with its stat signature (`sign`) from when the ticket was claimed;
   * absent for a stage that keeps none.
   */
  readonly checkpoint?: { readonly path: string; readonly sign: string };
  /** Whether the job had at least four fifths of its time left. */
  readonly full: boolean;
}

/** A sign of life of a worker, written again and again with another `count`. */
export interface Beat {
  readonly restart: number;
  readonly count: number;
  readonly over: boolean;
}

/** How a ticket ended. */
export type TicketEnd =
  | {
      readonly type: 'done';
      readonly result: StageResult;
      readonly host: string;
      /** The stat signatures of the outcome. An end that an older version wrote has none. */
      readonly signs?: Readonly<Record<Digest, string>>;
    }
  | { readonly type: 'failed'; readonly message: string }
  /** Somebody killed the stage's process on the node. */
  | { readonly type: 'killed'; readonly message: string }
  /**
   * An input changed while it waited or ran, or the node has other code than the run, of the
   * stage's kind or of Restage.
   */
  | { readonly type: 'refused'; readonly what: 'input' | 'code'; readonly message: string }
  /** The job's time was over. */
  | { readonly type: 'stopped' }
  | { readonly type: 'memory'; readonly message: string }
  /** The job is dead, or nobody claimed the ticket; `state` and `reason` are the scheduler's. */
  | {
      readonly type: 'lost';
      readonly state: string;
      readonly reason?: string;
      /** No job of the batch began to work. */
      readonly unstarted?: true;
      /** The last lines that the jobs printed outside stages. */
      readonly said?: string;
    }
  /** The jobs that were to claim the ticket are over, and claimed others. */
  | { readonly type: 'unclaimed' }
  | { readonly type: 'cancelled'; readonly by: string };

/**
 * The folder `cache/jobs/<id>` of a batch. Every file has one writer; a torn file counts as
 * missing; of two ends the first stays.
 */
export class BatchFolder {
  readonly id: string;
  readonly path: string;

  readonly script: string;
  /** The file for what jobs print outside their stages. */
  readonly output: string;
  readonly #cache: string;

  constructor(cache: string, id: string) {
    this.#cache = cache;
    this.id = id;
    this.path = inCache(cache, 'jobs', id);
    this.script = join(this.path, 'script.sh');
    this.output = join(this.path, 'output');
  }

  /** All batches of a store, the oldest first. */
  static all(cache: string): readonly BatchFolder[] {
    return namesIn(inCache(cache, 'jobs')).flatMap((id) =>
      /^\d/.test(id) ? [new BatchFolder(cache, id)] : [],
    );
  }

  /** Whether a job that a run left may be under way. */
  static hasOpenJobs(cache: string): boolean {
    return BatchFolder.all(cache).some((folder) => !folder.isUsed());
  }

  /** The folders of steps of detached runs and of probes, the oldest first. */
  static steps(cache: string): readonly string[] {
    const names = namesIn(inCache(cache, 'jobs')).filter((name) => /^(step|probe)-/.test(name));
    const folders = names.map((name) => inCache(cache, 'jobs', name));
    return folders.filter(isOwn).sort();
  }

  /**
   * Removes the folders of steps and probes a day after they were over, and of any after a month.
   */
  static clearSteps(cache: string): void {
    for (const folder of BatchFolder.steps(cache)) {
      const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      const isOver = existsSync(join(folder, 'taken')) || basename(folder).startsWith('probe');
      if (age > (isOver ? 1 : 30) * day) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Makes the folder with its tickets and listings, and last of all the intent. */
  create(
    batch: Batch,
    tickets: readonly Ticket[],
    artifacts: ReadonlyMap<Digest, StoredArtifact>,
    script: string,
  ) {
    writing(`the jobs in ${this.path}`, () => {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      for (const name of folders) mkdirSync(join(this.path, name), { mode: 0o700 });
      for (const [digest, artifact] of artifacts) this.#write(`artifacts/${digest}.json`, artifact);
      for (const [index, ticket] of tickets.entries()) this.#write(`tickets/${index}.json`, ticket);
      writeFileSync(this.script, script, { mode: 0o700 });
      writeAtomic(join(this.path, 'batch.json'), JSON.stringify(batch), { sync: true });
    });
  }

  /** Throws unless the folder belongs to this user alone: what lies in it is run. */
  checkOwner(): void {
    if (!isOwn(this.path))
      throw new UserError(
        `${this.path} belongs to someone else, or others may write to it: it is refused`,
      );
  }

  /** The intent; undefined before it is written. */
  batch(): Batch | undefined {
    return readJson<Batch>(join(this.path, 'batch.json'));
  }

  ticket(index: number): Ticket | undefined {
    return readJson<Ticket>(join(this.path, `tickets/${index}.json`));
  }

  artifact(digest: Digest): StoredArtifact | undefined {
    return readJson<StoredArtifact>(join(this.path, `artifacts/${digest}.json`));
  }

  /** The ids of the batch's jobs, and how many workers each has. */
  jobs(): readonly { readonly id: string; readonly workers: number }[] {
    const whole = readText(join(this.path, 'jobs')).split('\n').slice(0, -1);
    return whole.map((line) => {
      const [id = '', workers] = line.split(' ');
      return { id, workers: Number(workers) };
    });
  }

  addJob(id: string, workers: number): void {
    writing(`the job ${id}`, () =>
      writeFileSync(join(this.path, 'jobs'), `${id} ${workers}\n`, { flag: 'a' }),
    );
  }

  /** Claims a ticket. False if another worker has it; a requeued job takes its own back. */
  claim(index: number, claim: Claim): boolean {
    const path = join(this.path, 'claims', String(index));
    if (writeNew(path, JSON.stringify(claim))) return true;
    const present = readJson<Claim>(path);
    if (present?.worker !== claim.worker || present.restart >= claim.restart) return false;
    writeJson(path, claim);
    return true;
  }

  claimOf(index: number): Claim | undefined {
    return readJson<Claim>(join(this.path, 'claims', String(index)));
  }

  claimed(): ReadonlySet<number> {
    return this.#indices('claims');
  }

  /** Ends a ticket, and returns the end that counts: the first one. */
  end(index: number, end: TicketEnd): TicketEnd {
    const isFirst = writeNew(join(this.path, 'ends', `${index}.json`), JSON.stringify(end));
    return isFirst ? end : (this.endOf(index) ?? end);
  }

  /** The end of a ticket; undefined if there is none yet, or it is not here in full. */
  endOf(index: number): TicketEnd | undefined {
    return readJson<TicketEnd>(join(this.path, 'ends', `${index}.json`));
  }

  /** Milliseconds since a ticket ended, by the disk's own times; 0 before. */
  endAge(index: number): number {
    const stats = statSync(join(this.path, 'ends', `${index}.json`), { throwIfNoEntry: false });
    return stats === undefined ? 0 : Date.now() - stats.mtimeMs;
  }

  ended(): ReadonlySet<number> {
    return this.#indices('ends');
  }

  /** Marks an end as used: no later run attaches to the ticket. */
  use(index: number): void {
    writing(`to ${this.path}`, () => writeFileSync(join(this.path, 'used', String(index)), ''));
  }

  used(): ReadonlySet<number> {
    return this.#indices('used');
  }

  beat(worker: string, beat: Beat): void {
    this.#write(`beats/${worker}.json`, beat);
  }

  beatOf(worker: string): Beat | undefined {
    return readJson<Beat>(join(this.path, 'beats', `${worker}.json`));
  }

  beats(): ReadonlyMap<string, Beat> {
    const names = namesIn(join(this.path, 'beats')).filter((name) => !name.startsWith('.'));
    const beats = names.flatMap((name) => {
      const worker = name.replace(/\.json$/, '');
      const beat = this.beatOf(worker);
      return beat === undefined ? [] : [[worker, beat] as const];
    });
    return new Map(beats);
  }

  messages(index: number): string {
    return join(this.path, 'messages', `${index}.jsonl`);
  }

  /** The furthest step of the curves of a ticket's jobs; 0 without any. */
  reached(index: number): number {
    const points = readText(this.messages(index))
      .split('\n')
      .filter((line) => line.includes('"stage-point"'));
    return jsonLines<StageEvent>(points.join('\n')).reduce((most, event) => {
      return event.type === 'stage-point' ? Math.max(most, event.point.step) : most;
    }, 0);
  }

  log(index: number): string {
    return join(this.path, 'logs', `${index}.log`);
  }

  /** Moves an output of a ticket into the private folder of the attempt that waited for it. */
  moveOutput(from: string, to: string): void {
    writing(to, () => renameSync(from, to));
  }

  /**
   * The private folder of a ticket for one worker, new and empty. A job that was requeued is
   * another worker.
   */
  work(index: number, worker: WorkerName): string {
    const path = this.workPath(index, worker);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  workPath(index: number, { worker, restart }: WorkerName): string {
    return join(this.path, 'work', `${index}-${worker}-${restart}`);
  }

  removeWork(index: number, worker: WorkerName): void {
    rmSync(this.workPath(index, worker), { recursive: true, force: true, maxRetries: 3 });
  }

  /** The other processes that wait for tickets: they hold the leases of their fingerprints. */
  waiters(): readonly ProcessIdentity[] {
    const used = this.used();
    const open = this.batch()?.tickets.filter((_, index) => !used.has(index)) ?? [];
    const waiters = open.flatMap(({ digest }) => this.waiterFor(digest) ?? []);
    return [...new Map(waiters.map((waiter) => [`${waiter.pid} ${waiter.host}`, waiter])).values()];
  }

  waiterFor(digest: Digest): ProcessIdentity | undefined {
    const holder = holderOf(leasePath(this.#cache, digest));
    const { pid, host, space } = thisProcess();
    return holder?.pid === pid && holder.host === host && holder.space === space
      ? undefined
      : holder;
  }

  isUsed(): boolean {
    const batch = this.batch();
    return batch !== undefined && this.used().size >= batch.tickets.length;
  }

  /** Whether every submitted worker began and ended properly. */
  areWorkersOver(): boolean {
    const over = [...this.beats().values()].filter(({ over }) => over).length;
    const submitted = this.jobs().reduce((sum, { workers }) => sum + workers, 0);
    return over >= submitted;
  }

  /**
   * Milliseconds since an end was last used here, or since the folder was made, by the disk's own
   * times.
   */
  age(): number {
    const timeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return Date.now() - (timeOf(join(this.path, 'used')) ?? timeOf(this.path) ?? Date.now());
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** The numbers that name files in a folder; a file that is being written has none. */
  #indices(folder: string): ReadonlySet<number> {
    const numbers = namesIn(join(this.path, folder)).map((name) => Number.parseInt(name, 10));
    return new Set(numbers.filter(Number.isInteger));
  }

  #write(name: string, value: unknown): void {
    writing(`to ${this.path}`, () => writeJson(join(this.path, name), value));
  }
}

const folders = [
  'tickets',
  'artifacts',
  'claims',
  'ends',
  'used',
  'beats',
  'messages',
  'logs',
  'work',
];

/** Whether a folder belongs to this user alone, or is not there. */
function isOwn(folder: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats === undefined || (stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0);
}
