import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isFinal, type JobState, jobOf, type ListedJob, type Scheduler } from '../../scheduler.ts';
import type { StageEvent } from '../events.ts';
import { jsonLines, LineReader, readEnd } from '../files/read-part.ts';
import type { Batch, BatchFolder, Beat, TicketEnd } from './batch-folder.ts';
import { jobName } from './job-name.ts';
import type { Placed } from './submitter.ts';

/** How patient a run is with its jobs, in milliseconds. */
export interface Patience {
  /** A worker without a sign of life for this long may be dead. */
  readonly silence: number;
  /** A silent job that is listed as running is cancelled after this. */
  readonly cancel: number;
  /** Between two questions to the scheduler about the same batch. */
  readonly ask: number;
}

export const usualPatience: Patience = { silence: 60_000, cancel: 600_000, ask: 15_000 };

interface Waiter {
  readonly emit: (event: StageEvent) => void;
  readonly resolve: (end: TicketEnd) => void;
  readonly messages: LineReader;
}

type States = readonly (readonly [string, JobState])[];

/** When a worker last gave a sign of life, by the clock of this process. */
interface Life {
  readonly beat: Beat | undefined;
  readonly since: number;
}

/**
 * Follows a batch by its files, and asks the scheduler only about what they do not tell. The states
 * of a worker, with the tickets that it claimed (`checkLife`, `#judge`):
 *
 *     queued      its first sign of life                     → alive
 *     alive       no sign for `silence`, or says it is over  → silent, and the scheduler is asked
 *     silent      another sign                               → alive
 *     silent      the scheduler does not answer              → silent
 *     silent      its job is over                            → dead: its open tickets end as lost,
 *                                                              and its share of the others is freed
 *     silent      its job is listed, for `cancel`            → cancelled, and dead once it is over
 *
 * Tickets that nobody claimed wait for the jobs that are left. Once all are over, they end as lost,
 * or as unclaimed where the jobs served other tickets.
 */
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
  /** Workers whose jobs ended without a sign. */
  readonly #dead = new Set<string>();
  /** The scheduler's answers in this round, by job: workers of an array share one. */
  readonly #answers = new Map<string, ReturnType<Scheduler['inspect']>>();
  #claimed: ReadonlySet<number> = new Set();
  #askedAt = Number.NEGATIVE_INFINITY;
  /**
   * When something last happened. The time before the scheduler has accepted the batch does not
   * count.
   */
  #quietSince = Number.POSITIVE_INFINITY;

  constructor({ folder, batch, submitted }: Placed, scheduler: Scheduler, patience: Patience) {
    this.folder = folder;
    this.batch = batch;
    this.#scheduler = scheduler;
    this.#patience = patience;
    const accepted = () => {
      this.#quietSince = performance.now();
    };
    submitted.then(accepted, () => {}); // whoever waits for a ticket gets the failure
  }

  get waits(): boolean {
    return this.#waiters.size > 0;
  }

  get isOver(): boolean {
    return this.folder.ended().size >= this.batch.tickets.length;
  }

  /** Whether some ticket is not claimed yet, of which only the scheduler can tell more. */
  get hasQueued(): boolean {
    return [...this.#waiters.keys()].some((index) => !this.#claimed.has(index));
  }

  /** How many of its workers may still run or wait in the queue. */
  workersLeft(): number {
    const over = [...this.#lives].filter(
      ([worker, { beat }]) => beat?.over === true || this.#dead.has(worker),
    ).length;
    const submitted = this.folder.jobs().reduce((sum, { workers }) => sum + workers, 0);
    return Math.max(0, (submitted || this.batch.workers) - over);
  }

  /** Resolves with the end of a ticket. Emits what its stage reports until then. */
  wait(index: number, emit: (event: StageEvent) => void): Promise<TicketEnd> {
    return new Promise((resolve) => {
      this.#waiters.set(index, {
        emit,
        resolve,
        messages: new LineReader(this.folder.messages(index)),
      });
    });
  }

  forget(index: number): void {
    this.#waiters.delete(index);
  }

  /** Looks at the files once; true if something happened. */
  look(): boolean {
    let isNews = false;
    const claimed = this.folder.claimed();
    if (claimed.size > this.#claimed.size) isNews = true;
    this.#claimed = claimed;
    const ended = this.folder.ended();
    for (const [index, waiter] of [...this.#waiters]) {
      const end = ended.has(index) ? this.folder.endOf(index) : undefined;
      if (claimed.has(index)) {
        const events = jsonLines<StageEvent>(waiter.messages.read().join('\n'));
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

  /** Emits the state of the batch's jobs, as the scheduler lists them, for stages that wait. */
  tellQueued(jobs: readonly ListedJob[], place: string): void {
    const phaseOf = (job: ListedJob) => this.#scheduler.phaseOf(job);
    const live = jobs.filter((job) => !isFinal(phaseOf(job)));
    const job = live.find((job) => phaseOf(job) !== 'queued') ?? live[0];
    if (job === undefined) {
      // All jobs are over, and give no sign of life.
      if (jobs.length > 0) this.#quietSince = Number.NEGATIVE_INFINITY;
      return;
    }
    const { state, reason, startsAt } = job;
    // A running job gives signs of life itself.
    if (phaseOf(job) !== 'running') this.#quietSince = performance.now();
    const id = jobOf(job.id);
    const rest = {
      ...(reason !== undefined && { reason }),
      ...(startsAt !== undefined && { startsAt }),
    };
    const queued = [...this.#waiters].filter(([index]) => !this.#claimed.has(index));
    for (const [order, [, { emit }]] of queued.entries()) {
      emit({
        type: 'stage-queued',
        place,
        job: id,
        state,
        ...rest,
        ...(order === 0 && { others: queued.length - 1 }),
      });
    }
  }

  /** Finds dead jobs, and ends their tickets as lost. To be called every few seconds. */
  async checkLife(): Promise<void> {
    if (!this.waits) return;
    this.#readBeats();
    const now = performance.now();
    const silent = new Map<string | undefined, number[]>();
    for (const index of this.#waiters.keys()) {
      const worker = this.#claimed.has(index) ? this.folder.claimOf(index)?.worker : undefined;
      if (worker === undefined ? this.#isWorking(now) : !this.#isSilent(worker, now)) continue;
      silent.set(worker, [...(silent.get(worker) ?? []), index]);
    }
    if (silent.size === 0 || now - this.#askedAt < this.#patience.ask) return;
    this.#askedAt = now;
    this.#answers.clear();
    for (const [worker, tickets] of silent) await this.#judge(worker, tickets, now);
  }

  #readBeats(): void {
    for (const [worker, beat] of this.folder.beats()) {
      const last = this.#lives.get(worker)?.beat;
      if (last?.count === beat.count && last.restart === beat.restart) continue;
      this.#lives.set(worker, { beat, since: performance.now() });
      this.#unknown.delete(jobOf(this.#addressOf(worker)));
    }
  }

  #lifeOf(worker: string, now: number): Life {
    const life = this.#lives.get(worker) ?? { beat: undefined, since: now };
    this.#lives.set(worker, life);
    return life;
  }

  #isSilent(worker: string, now: number): boolean {
    const { beat, since } = this.#lifeOf(worker, now);
    return beat?.over === true || now - since >= this.#patience.silence;
  }

  /** Whether some worker may still claim a ticket, by the files. */
  #isWorking(now: number): boolean {
    if (
      [...this.#lives].some(
        ([worker, { beat }]) => beat !== undefined && !this.#isSilent(worker, now),
      )
    )
      return true;
    const allOver = this.folder.jobs().length > 0 && this.folder.areWorkersOver();
    return !allOver && now - this.#quietSince < this.#patience.silence;
  }

  /**
   * Ends the tickets of a silent worker, or of none, if its jobs are over. A job that is silent for
   * long is cancelled first.
   */
  async #judge(worker: string | undefined, tickets: readonly number[], now: number): Promise<void> {
    // Safe: nothing follows from silence alone.
    const states = await this.#statesOf(worker);
    if (states === undefined) return;
    const silence =
      now - (worker === undefined ? this.#quietSince : this.#lives.get(worker)!.since);
    // An empty list may be wrong, so it counts only after long silence.
    const isOver = (job: JobState) => {
      const phase = this.#scheduler.phaseOf(job);
      return isFinal(phase) || (phase === 'unlisted' && silence >= this.#patience.cancel);
    };
    if (states.every(([, job]) => isOver(job))) return await this.#lose(worker, tickets, states);
    // Safe: a cancelled job counts as dead only once the scheduler says that it is over.
    for (const [job, state] of states) {
      const phase = this.#scheduler.phaseOf(state);
      const mayHang = worker === undefined ? phase === 'running' : phase !== 'queued';
      if (
        !mayHang ||
        now - this.#lifeOf(job, now).since < this.#patience.cancel ||
        this.#cancelled.has(job)
      )
        continue;
      this.#cancelled.add(job);
      await this.#scheduler.cancel(this.#addressOf(job), jobName(this.folder.id));
    }
  }

  /**
   * The id of a worker's job with what the scheduler said of where it is: `17_3;alpha`, which the
   * node does not know.
   */
  #addressOf(worker: string): string {
    const number = jobOf(worker);
    const job = this.folder.jobs().find(({ id }) => id.split(';')[0] === number);
    return job === undefined ? worker : worker + job.id.slice(number.length);
  }

  async #lose(
    worker: string | undefined,
    tickets: readonly number[],
    states: States,
  ): Promise<void> {
    const phaseOf = (job: JobState) => this.#scheduler.phaseOf(job);
    const known = states.flatMap(([worker, job]) =>
      this.#cancelled.has(worker) || phaseOf(job) === 'unlisted' ? [] : [job],
    );
    const isCancelled = (job: JobState) => phaseOf(job) === 'cancelled';
    const cancelled = known.find(isCancelled);
    const job = cancelled ?? known.at(-1);
    const { state = '', reason } = job ?? {};
    const lost = { type: 'lost', state, ...(reason !== undefined && { reason }) } as const;
    // Safe: of two ends the first stays, so a worker that was only frozen changes nothing.
    if (worker !== undefined) {
      this.#dead.add(worker);
      this.#end(tickets, lost);
      // Whoever cancels a job wants no other in its place.
      if (cancelled === undefined) this.#freeShareOf(worker);
      return;
    }
    await delay(100); // for an end that was written just before its worker left
    this.look();
    const unclaimed = tickets.filter((index) => !this.#claimed.has(index));
    // Only if some ticket was claimed: jobs that claim none would be submitted for ever.
    if (this.#claimed.size > 0 && cancelled === undefined)
      return this.#end(unclaimed, { type: 'unclaimed' });
    const hasBegun = [...this.#lives.values()].some(({ beat }) => beat !== undefined);
    // A job that was killed, or whose node failed, says nothing about its set-up.
    const hasEnded = job === undefined || ['completed', 'failed'].includes(phaseOf(job));
    const unstarted = !hasBegun && hasEnded;
    this.#end(unclaimed, { ...lost, ...(unstarted && { unstarted }), ...this.#lastWords() });
  }

  /**
   * Ends a dead worker's share of the tickets that nobody claimed, so that the run submits them
   * again: they would wait for the workers that are left. These claim from the front, so the share
   * is taken from the back.
   */
  #freeShareOf(worker: string): void {
    const left = this.workersLeft();
    if (left === 0) return; // all of them are freed once all jobs are over
    const unclaimed = [...this.#waiters.keys()]
      .filter((index) => !this.#claimed.has(index))
      .toSorted((a, b) => b - a);
    const restart = this.#lives.get(worker)?.beat?.restart ?? 0;
    const claim = { worker, restart, host: hostname(), full: false };
    for (const index of unclaimed.slice(0, Math.floor(unclaimed.length / (left + 1)))) {
      // Safe: a claim is a link, which only one can make. After a kill before the end is written,
      // the next run finds the ticket lost with the dead worker.
      if (this.folder.claim(index, claim)) this.#end([index], { type: 'unclaimed' });
    }
  }

  #end(tickets: readonly number[], end: TicketEnd): void {
    for (const index of tickets) this.folder.end(index, end);
  }

  /**
   * The states of a worker's job, or of all jobs, without jobs that the scheduler twice did not
   * know; undefined while uncertain.
   */
  async #statesOf(worker: string | undefined): Promise<States | undefined> {
    const ids =
      worker === undefined
        ? this.folder.jobs().map(({ id }) => id)
        : [jobOf(this.#addressOf(worker))];
    const all: (readonly [string, JobState])[] = [];
    for (const id of ids) {
      const answer = this.#answers.get(id) ?? this.#scheduler.inspect(id, jobName(this.folder.id));
      const isNew = !this.#answers.has(id);
      this.#answers.set(id, answer);
      const states = await answer;
      if (isNew && states !== undefined)
        this.#unknown.set(id, states.size > 0 ? 0 : (this.#unknown.get(id) ?? 0) + 1);
      if (states === undefined || this.#unknown.get(id) === 1) return undefined;
      all.push(...[...states].filter(([job]) => worker === undefined || job === worker));
    }
    return all;
  }

  /** Whether somebody cancelled the job of a ticket before a run waited for it here. */
  async wasCancelled(index: number): Promise<boolean> {
    const end = this.folder.endOf(index);
    const phaseOf = (job: JobState) => this.#scheduler.phaseOf(job);
    if (end !== undefined)
      return end.type === 'cancelled' || (end.type === 'lost' && phaseOf(end) === 'cancelled');
    const states = (await this.#statesOf(this.folder.claimOf(index)?.worker)) ?? [];
    const phases = states.map(([, job]) => phaseOf(job));
    return phases.includes('cancelled') && phases.every(isFinal);
  }

  /** Whether the scheduler lists a job of the batch that has not ended. */
  async isUnderWay(): Promise<boolean> {
    const states = (await this.#statesOf(undefined)) ?? [];
    const phases = states.map(([, job]) => this.#scheduler.phaseOf(job));
    return phases.some((phase) => !isFinal(phase) && phase !== 'unlisted');
  }

  /** The last lines that the jobs printed outside stages, which say why none began. */
  #lastWords(): { readonly said?: string } {
    const lines = readEnd(this.folder.output, 4096).trim().split('\n').slice(-3).join(' / ');
    return lines === '' ? {} : { said: lines };
  }

  /** Cancels the jobs of the batch, unless another run waits for them. */
  async cancel(by: string): Promise<void> {
    if (this.folder.waiters().length > 0) return;
    // Safe: ended first, so a job that begins before it is cancelled finds nothing to do.
    this.#end([...this.batch.tickets.keys()], { type: 'cancelled', by });
    for (const { id } of this.folder.jobs())
      await this.#scheduler.cancel(id, jobName(this.folder.id));
  }
}
