import { randomBytes } from 'node:crypto';
import type { Digest } from '../../digest.ts';
import { type JobClass, type Scheduler, SubmitError } from '../../scheduler.ts';
import { describeError } from '../../user-error.ts';
import type { Workspace } from '../plan/examine.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { type Batch, BatchFolder, type Ticket } from './batch-folder.ts';
import { jobRequest, jobSize } from './job-request.ts';
import { jobScript, type NodeCommand } from './job-script.ts';
import type { OpenTicket } from './open-tickets.ts';
import type { PlaceSpec } from './place-spec.ts';
import { submitPatiently } from './schedulers/submit-patiently.ts';

export interface SubmitterOptions {
  readonly place: PlaceSpec;
  readonly scheduler: Scheduler;
  readonly workspace: Workspace;
  readonly most: number;
  readonly commandFor: (folder: string) => NodeCommand;
  readonly detach: boolean;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

export interface Placed extends OpenTicket {
  /** Resolves when the scheduler has accepted the batch, or refused it for good. */
  readonly submitted: Promise<void>;
}

interface Pending {
  readonly ticket: Ticket;
  readonly artifacts: ReadonlyMap<Digest, StoredArtifact>;
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

/** Tickets of one class that wait for others. Times are in milliseconds of this process's clock. */
interface Gathering {
  readonly needs: JobClass;
  readonly pending: Pending[];
  readonly since: number;
  last: number;
}

/**
 * Milliseconds that a ticket waits for the next one, and for all others together, which grows with
 * every batch.
 */
const pause = 100;
const firstWait = 1_500;
const longestWait = 20_000;

/**
 * How many workers serve tickets that are ready together, where `room` further jobs may exist: at
 * least one.
 */
export const workersFor = (tickets: number, room: number): number =>
  Math.min(Math.max(1, room), tickets);

/** Gathers tickets of the same class into batches, and submits each as one array of workers. */
export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #busy: () => number;
  readonly #gatherings = new Map<string, Gathering>();
  #longest = firstWait;

  constructor(options: SubmitterOptions, busy: () => number) {
    this.#options = options;
    this.#busy = busy;
  }

  /** Adds a ticket. Resolves when the intent to run it is on disk. Throws a `WriteError`. */
  add(
    ticket: Ticket,
    artifacts: ReadonlyMap<Digest, StoredArtifact>,
    needs: JobClass,
  ): Promise<Placed> {
    return new Promise((resolve, reject) => {
      const key = JSON.stringify(needs);
      const now = performance.now();
      const gathering = this.#gatherings.get(key) ?? { needs, pending: [], since: now, last: now };
      gathering.pending.push({ ticket, artifacts, resolve, reject });
      gathering.last = now;
      this.#gatherings.set(key, gathering);
    });
  }

  /**
   * Submits what has waited long enough. To be called often. In a detached run, a batch without
   * room has one worker.
   */
  flush(): void {
    let room = this.#options.most - this.#busy();
    const now = performance.now();
    for (const [key, gathering] of this.#gatherings) {
      const isEarly = now - gathering.last < pause && now - gathering.since < this.#longest;
      if (isEarly || (room <= 0 && !this.#options.detach)) continue;
      this.#gatherings.delete(key);
      this.#longest = Math.min(2 * this.#longest, longestWait);
      const workers = workersFor(gathering.pending.length, room);
      room -= workers;
      this.#place(gathering, workers);
    }
    if (this.#gatherings.size === 0 && room === this.#options.most) this.#longest = firstWait;
  }

  get isWaiting(): boolean {
    return this.#gatherings.size > 0;
  }

  #place({ needs, pending }: Gathering, workers: number): void {
    const { place, workspace, commandFor } = this.#options;
    const { root } = workspace.pipeline;
    const folder = new BatchFolder(workspace.store.local.folder, batchId());
    const tickets = pending.map(({ ticket }) => ticket);
    const { module } = place.scheduler;
    const batch: Batch = {
      place: place.name,
      ...(module !== undefined && { scheduler: module }),
      ...jobSize(place, { root, needs, workers }),
      tickets: tickets.map(({ stage, digest, keep }) => ({ stage: stage.name, digest, keep })),
    };
    const artifacts = new Map(pending.flatMap((waiting) => [...waiting.artifacts]));
    try {
      const script = jobScript(place, commandFor(folder.path), {
        root,
        memory: needs.memory,
        env: workspace.env,
      });
      folder.create(batch, tickets, artifacts, script);
    } catch (error) {
      for (const { reject } of pending) reject(error);
      return;
    }
    const submitted = this.submit(folder, batch);
    submitted.catch(() => {}); // an interrupt may come before anybody awaits it
    for (const [index, { resolve }] of pending.entries())
      resolve({ folder, batch, index, submitted });
  }

  /**
   * Submits a batch. A refusal ends its tickets as failed. `mayBeAccepted`: a process that was
   * killed may have submitted it.
   */
  async submit(folder: BatchFolder, batch: Batch, mayBeAccepted = false): Promise<void> {
    const { scheduler, signal, warn } = this.#options;
    const { tickets } = batch;
    const accepted = (id: string, workers: number) => folder.addJob(id, workers);
    try {
      await submitPatiently(scheduler, jobRequest(folder, batch), {
        accepted,
        waits: warn,
        signal,
        mayBeAccepted,
      });
    } catch (error) {
      if (!(error instanceof SubmitError)) throw error;
      // One long message is enough.
      const refusal = `its job was refused with that of ${tickets[0]!.stage}`;
      for (const index of tickets.keys()) {
        folder.end(index, {
          type: 'failed',
          message: index === 0 ? describeError(error) : refusal,
        });
      }
    }
  }
}

function batchId(): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}
