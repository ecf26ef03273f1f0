import { setTimeout as delay } from 'node:timers/promises';
import type { StageEvent } from '../events.ts';
import { readPart } from '../files/read-part.ts';
import type { Batch, BatchFolder, Beat, TicketEnd } from '../store/batch-folder.ts';
import { MessageReader } from './message-file.ts';
import { type Inspection, isFinal, type ListedJob, type Scheduler } from './scheduler.ts';

/** How patient a run is with its jobs, in milliseconds. */
export interface Patience {
  /** A worker without a sign of life for so long may be dead. */
  readonly silence: number;
  /** A job that is listed as running but silent is cancelled after this. */
  readonly cancel: number;
  /** Between two questions to the scheduler about the same batch. */
  readonly ask: number;
}

export const usualPatience: Patience = { silence: 60_000, cancel: 600_000, ask: 15_000 };

/** Somebody who waits for the end of a ticket. */
interface Waiter {
  readonly emit: (event: StageEvent) => void;
  readonly resolve: (end: TicketEnd) => void;
  readonly messages: MessageReader;
}

/** When a worker last gave a sign of life, by the clock of this process. */
interface Life {
  readonly beat: Beat | undefined;
  readonly since: number;
}

/** Follows one batch by its files, and asks the scheduler only where they tell nothing. */
export class BatchWatch {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  readonly #scheduler: Scheduler;
  readonly #patience: Patience;
  readonly #waiters = new Map<number, Waiter>();
  readonly #lives = new Map<string, Life>();
  /** How often in a row the scheduler did not know a job. */
  readonly #unknown = new Map<string, number>();
  readonly #cancelled = new Set<string>();
  /** What the scheduler said of jobs in this round: a worker of an array is not asked about by itself. */
  readonly #said = new Map<string, Promise<Inspection>>();
  #claimed: ReadonlySet<number> = new Set();
  #askedAt = 0;
  /** When something last happened. The time before the scheduler has accepted the batch does not count. */
  #quietSince = Number.POSITIVE_INFINITY;

  constructor(folder: BatchFolder, batch: Batch, scheduler: Scheduler, patience: Patience) {
    this.folder = folder;
    this.batch = batch;
    this.#scheduler = scheduler;
    this.#patience = patience;
  }

  get waits(): boolean {
    return this.#waiters.size > 0;
  }

  /** Whether the scheduler knows more than the files: a ticket is queued, or a worker silent. */
  get isSilent(): boolean {
    return [...this.#waiters.keys()].some((index) => !this.#claimed.has(index));
  }

  /** How many of its jobs may still hold or want a place in the queue. */
  workersLeft(): number {
    if (!this.waits) return 0;
    const over = [...this.#lives.values()].filter(({ beat }) => beat?.over === true).length;
    const submitted = this.folder.jobs().reduce((sum, { workers }) => sum + workers, 0);
    return Math.max(0, (submitted || this.batch.workers) - over);
  }

  /** Resolves with the end of a ticket; what its stage reports meanwhile is emitted. */
  wait(index: number, emit: (event: StageEvent) => void): Promise<TicketEnd> {
    return new Promise((resolve) => {
      this.#waiters.set(index, { emit, resolve, messages: new MessageReader(this.folder.messages(index)) });
    });
  }

  /** The scheduler has accepted the batch: from now on it knows of jobs. */
  accepted(): void {
    this.#quietSince = performance.now();
  }

  forget(index: number): void {
    this.#waiters.delete(index);
  }

  /** Looks at the files once; true where something happened. */
  look(): boolean {
    let isNews = false;
    const claimed = this.folder.claimed();
    if (claimed.size > this.#claimed.size) isNews = true;
    this.#claimed = claimed;
    const ended = this.folder.ended();
    for (const [index, waiter] of [...this.#waiters]) {
      const end = ended.has(index) ? this.folder.endOf(index) : undefined;
      if (claimed.has(index)) {
        const events = waiter.messages.read();
        for (const event of events) waiter.emit(event);
        isNews ||= events.length > 0;
      }
      if (end === undefined) continue; // also one that is not here in full
      this.#waiters.delete(index);
      waiter.resolve(end);
      isNews = true;
    }
    if (isNews) this.#quietSince = performance.now();
    return isNews;
  }

  /** Tells the waiters of queued tickets what the scheduler lists of the batch. */
  tellQueued(jobs: readonly ListedJob[], place: string): void {
    const queued = [...this.#waiters].filter(([index]) => !this.#claimed.has(index));
    const [job] = jobs.filter(({ state }) => !isFinal(state)).sort((a) => (a.state === 'PENDING' ? 1 : -1));
    if (job === undefined) return;
    this.#quietSince = performance.now();
    const { state, reason, startsAt } = job;
    const id = job.id.split('_')[0]!;
    const told = { ...(reason !== undefined && { reason }), ...(startsAt !== undefined && { startsAt }) };
    for (const [order, [, { emit }]] of queued.entries()) {
      emit({ type: 'stage-queued', place, job: id, state, ...told, ...(order === 0 && { others: queued.length - 1 }) });
    }
  }

  /** Finds jobs that are dead, and ends their tickets as lost. To be called every few seconds. */
  async checkLife(): Promise<void> {
    if (!this.waits) return;
    this.#hear();
    const now = performance.now();
    const silent = new Map<string, number[]>();
    for (const index of this.#waiters.keys()) {
      if (!this.#claimed.has(index)) continue;
      const worker = this.folder.claimOf(index)?.worker;
      if (worker === undefined) continue;
      if (!this.#lives.has(worker)) this.#lives.set(worker, { beat: undefined, since: now });
      const { beat, since } = this.#lives.get(worker)!;
      if (beat?.over !== true && now - since < this.#patience.silence) continue;
      silent.set(worker, [...(silent.get(worker) ?? []), index]);
    }
    const waitsForWorkers = [...this.#waiters.keys()].some((index) => !this.#claimed.has(index));
    const isEmpty = waitsForWorkers && this.#nobodyWorks(now);
    if (silent.size === 0 && !isEmpty) return;
    if (now - this.#askedAt < this.#patience.ask) return;
    this.#askedAt = now;
    this.#said.clear();
    for (const [worker, tickets] of silent) await this.#judge(worker, tickets, now);
    if (isEmpty) await this.#judgeQueue();
  }

  /** Takes down which workers have given a new sign of life. */
  #hear(): void {
    for (const [worker, beat] of this.folder.beats()) {
      const last = this.#lives.get(worker)?.beat;
      if (last?.count === beat.count && last.restart === beat.restart) continue;
      this.#lives.set(worker, { beat, since: performance.now() });
      this.#unknown.delete(worker);
    }
  }

  #nobodyWorks(now: number): boolean {
    const isWorking = ({ beat, since }: Life) => beat?.over === false && now - since < this.#patience.silence;
    if ([...this.#lives.values()].some(isWorking)) return false;
    return this.#allOver() || now - this.#quietSince >= this.#patience.silence;
  }

  /** Whether every worker that was submitted has come and gone in order. */
  #allOver(): boolean {
    return this.folder.jobs().length > 0 && this.folder.areWorkersOver();
  }

  async #judge(worker: string, tickets: readonly number[], now: number): Promise<void> {
    const { since } = this.#lives.get(worker)!;
    const state = await this.#stateOf(worker);
    if (state === undefined) return;
    if (state === 'GONE' || isFinal(state)) {
      const told = this.#cancelled.has(worker) || state === 'GONE' ? '' : state;
      for (const index of tickets) this.folder.end(index, { type: 'lost', state: told });
      return;
    }
    const isQueued = state === 'PENDING' || state === 'REQUEUED';
    if (isQueued || now - since < this.#patience.cancel || this.#cancelled.has(worker)) return;
    this.#cancelled.add(worker);
    await this.#scheduler.cancel(worker);
  }

  /** The scheduler's state of a worker's job; GONE once it did not know it twice; undefined where that is open. */
  async #stateOf(worker: string): Promise<string | undefined> {
    const found = await this.#inspect(worker.split('_')[0]!);
    if (found.answer === 'none') return undefined;
    const state = found.answer === 'known' ? found.states.get(worker) : undefined;
    if (state !== undefined) {
      this.#unknown.delete(worker);
      return state;
    }
    return this.#isUnknownAgain(worker) ? 'GONE' : undefined;
  }

  #inspect(id: string): Promise<Inspection> {
    const said = this.#said.get(id) ?? this.#scheduler.inspect(id);
    this.#said.set(id, said);
    return said;
  }

  #isUnknownAgain(job: string): boolean {
    const times = (this.#unknown.get(job) ?? 0) + 1;
    this.#unknown.set(job, times);
    return times >= 2;
  }

  /** Ends tickets that nobody will claim, since every job of the batch is over. */
  async #judgeQueue(): Promise<void> {
    const states: string[] = [];
    for (const { id } of this.folder.jobs()) {
      const found = await this.#inspect(id);
      if (found.answer === 'none' || (found.answer === 'gone' && !this.#isUnknownAgain(id))) return;
      if (found.answer === 'gone') continue;
      states.push(...[...found.states].flatMap(([job, state]) => (this.#cancelled.has(job) ? [] : [state])));
    }
    if (!states.every(isFinal)) return; // also one that is queued again
    await delay(100); // an end that was written just before its worker left
    this.look();
    const state = states.find((state) => state === 'CANCELLED') ?? states.at(-1) ?? '';
    const isEarly = this.#claimed.size > 0 && state !== 'CANCELLED'; // jobs that claim nothing would come for ever
    const end: TicketEnd = isEarly ? { type: 'unclaimed' } : { type: 'lost', state, ...this.#lastWords() };
    for (const index of this.#waiters.keys()) if (!this.#claimed.has(index)) this.folder.end(index, end);
  }

  /** The end of what the jobs printed outside stages, which says why none began. */
  #lastWords(): { readonly said?: string } {
    try {
      const said = readPart(this.folder.output, 4096, 'end').text.trim().split('\n').slice(-3).join(' / ');
      return said === '' ? {} : { said };
    } catch {
      return {};
    }
  }

  /** Cancels the jobs of the batch, unless another run waits for them. */
  async cancel(by: string, run: string): Promise<void> {
    if (this.folder.waiters(run).length > 0) return;
    for (const index of this.batch.tickets.keys()) this.folder.end(index, { type: 'cancelled', by });
    for (const { id } of this.folder.jobs()) await this.#scheduler.cancel(id);
  }
}
