import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../digest.ts';
import { describeError } from '../../user-error.ts';
import type { PlaceSpec } from '../config/places.ts';
import { type Batch, BatchFolder, type JobClass, type Ticket } from '../store/batch-folder.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { jobScript, type NodeCommand } from './job-script.ts';
import { type Scheduler, SubmitError } from './scheduler.ts';

export interface SubmitterOptions {
  readonly place: PlaceSpec;
  readonly scheduler: Scheduler;
  readonly cache: string;
  readonly root: string;
  /** How many jobs may exist at once. */
  readonly most: number;
  readonly environment: NodeJS.ProcessEnv;
  /** How a node serves the batch in a folder. */
  readonly commandFor: (folder: string) => NodeCommand;
  readonly signal: AbortSignal;
  /** Jobs that exist now. */
  readonly busy: () => number;
}

/** A ticket in its batch. */
export interface Placed {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  readonly index: number;
  /** Resolves when the scheduler has accepted the batch, or refused it for good. */
  readonly submitted: Promise<void>;
}

interface Pending {
  readonly ticket: Ticket;
  readonly artifacts: ReadonlyMap<Digest, StoredArtifact>;
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

/** Tickets of one class that wait for others, in milliseconds of this process's clock. */
interface Gathering {
  readonly needs: JobClass;
  readonly pending: Pending[];
  readonly since: number;
  last: number;
}

/** A ticket waits so long for another one, and for all others together; the latter grows with every batch. */
const pause = 100;
const firstWait = 1_500;
const longestWait = 20_000;
/** After a limit or without an answer it tries again after this time, which doubles. */
const firstRetry = 2_000;
const longestRetry = 120_000;

/** Gathers tickets of the same class into batches, and submits each as one array of workers. */
export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #gatherings = new Map<string, Gathering>();
  #longest = firstWait;

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  /** Resolves when the intent to run the ticket is on disk. Throws a `WriteError`. */
  add(ticket: Ticket, artifacts: ReadonlyMap<Digest, StoredArtifact>, needs: JobClass): Promise<Placed> {
    return new Promise((resolve, reject) => {
      const key = JSON.stringify(needs);
      const now = performance.now();
      const gathering = this.#gatherings.get(key) ?? { needs, pending: [], since: now, last: now };
      gathering.pending.push({ ticket, artifacts, resolve, reject });
      gathering.last = now;
      this.#gatherings.set(key, gathering);
    });
  }

  /** Submits what has waited long enough. To be called often. */
  flush(): void {
    const now = performance.now();
    for (const [key, gathering] of this.#gatherings) {
      const room = this.#options.most - this.#options.busy();
      if (room <= 0 || (now - gathering.last < pause && now - gathering.since < this.#longest)) continue;
      this.#gatherings.delete(key);
      this.#longest = Math.min(2 * this.#longest, longestWait);
      this.#place(gathering, Math.min(room, gathering.pending.length));
    }
    if (this.#gatherings.size === 0 && this.#options.busy() === 0) this.#longest = firstWait;
  }

  get isWaiting(): boolean {
    return this.#gatherings.size > 0;
  }

  #place({ needs, pending }: Gathering, workers: number): void {
    const { place, cache, root } = this.#options;
    const folder = new BatchFolder(cache, batchId());
    const tickets = pending.map(({ ticket }) => ticket);
    const batch: Batch = {
      ...{ format: 1, place: place.name, root, needs, workers, seconds: Math.ceil(place.time / 1000) },
      tickets: tickets.map(({ stage, digest, keep }) => ({ stage: stage.name, digest, keep })),
    };
    const artifacts = new Map(pending.flatMap((one) => [...one.artifacts]));
    try {
      folder.create(batch, tickets, artifacts, this.#scriptFor(folder, needs));
    } catch (error) {
      for (const { reject } of pending) reject(error);
      return;
    }
    const submitted = this.submit(folder, batch);
    submitted.catch(() => {}); // an interrupt may come before somebody waits for it
    for (const [index, { resolve }] of pending.entries()) resolve({ folder, batch, index, submitted });
  }

  #scriptFor(folder: BatchFolder, { memory }: JobClass): string {
    const { place, root, environment, commandFor } = this.#options;
    return jobScript(place, commandFor(folder.path), { root, memory, environment });
  }

  /** Submits a batch, again and again while the scheduler is full or silent. A refusal ends its tickets as failed. */
  async submit(folder: BatchFolder, batch: Batch): Promise<void> {
    let workers = batch.workers;
    for (let wait = firstRetry; ; wait = Math.min(2 * wait, longestRetry)) {
      try {
        await this.#submitOnce(folder, batch, workers);
        return;
      } catch (error) {
        if (!(error instanceof SubmitError)) throw error;
        // It was accepted nevertheless, or some workers were: they serve all tickets.
        if (folder.jobs().length > 0 || (await this.#adopt(folder, workers))) return;
        if (error.why === 'refused') {
          for (const index of batch.tickets.keys())
            folder.end(index, { type: 'failed', message: describeError(error) });
          return;
        }
        if (error.why === 'limit') workers = Math.max(1, Math.floor(workers / 2));
      }
      await delay(wait, undefined, { signal: this.#options.signal }).catch(() => {});
      if (this.#options.signal.aborted) return;
    }
  }

  async #submitOnce(folder: BatchFolder, { needs, seconds }: Batch, workers: number): Promise<void> {
    const { scheduler, root } = this.#options;
    const request = { name: nameOf(folder), script: folder.script, root, log: folder.output, needs, seconds };
    if (scheduler.hasArrays) return folder.addJob(await scheduler.submit({ ...request, workers }), workers);
    for (let left = workers; left > 0; left -= 1) folder.addJob(await scheduler.submit({ ...request, workers: 1 }), 1);
  }

  /** Finds a job that was accepted although its submission failed. */
  async #adopt(folder: BatchFolder, workers: number): Promise<boolean> {
    const [job] = await this.#options.scheduler.list([nameOf(folder)]);
    if (job === undefined) return false;
    folder.addJob(job.id.split('_')[0]!, workers);
    return true;
  }
}

/** The name of a batch's jobs. */
export const nameOf = ({ id }: BatchFolder): string => `restage-${id}`;

function batchId(): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}
