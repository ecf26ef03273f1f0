import { copyFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Digest } from '../../digest.ts';
import { formatCountOf } from '../../format-numbers.ts';
import type { PublishedFile } from '../../stage.ts';
import { describeError } from '../../user-error.ts';
import type { ProgramCode, Stage } from '../config/pipeline.ts';
import type { Attempt, AttemptOutcome, Place } from '../execution/execution.ts';
import { privatePath } from '../execution/private-paths.ts';
import {
  OldCode,
  OutdatedInput,
  StageFailure,
  StageLeftToJob,
  UnfinishedStage,
} from '../execution/stage-failures.ts';
import { pathSignature } from '../files/walk-tree.ts';
import { creatingFolder } from '../files/write-atomic.ts';
import type { Workspace } from '../plan/examine.ts';
import type { StageResult } from '../store/stage-result.ts';
import { afterEnd, afterJob, type NextStep } from './after-end.ts';
import { BatchFolder, type TicketEnd, type Tries } from './batch-folder.ts';
import { BatchWatch, type Patience } from './batch-watch.ts';
import { jobName } from './job-name.ts';
import { type OpenTicket, openTickets } from './open-tickets.ts';
import { isOutdated } from './outdated-code.ts';
import { longestLag, waitFor } from './shared-disk-lag.ts';
import { type Placed, Submitter, type SubmitterOptions } from './submitter.ts';
import { needsOf, rememberedMemory, type Software, ticketOf } from './ticket.ts';

/** What a run gives to all of its clusters. */
export interface ClusterRun {
  readonly workspace: Workspace;
  readonly findCode: (stage: Stage, root: string) => Promise<ProgramCode>;
  /** The built code of the project's own kinds, by kind. */
  readonly modules: ReadonlyMap<string, string>;
  readonly downloads: (stage: Stage) => readonly PublishedFile[];
  readonly detach: boolean;
  readonly warn: (message: string) => void;
}

export interface ClusterOptions extends ClusterRun, SubmitterOptions {
  readonly software: Software;
  /** The digest of Restage's own code on this machine as it is now. */
  readonly buildNow: () => Digest;
  readonly patience: Patience;
  readonly isStep: boolean;
  /** Aborted when jobs are to be cancelled. */
  readonly kill: AbortSignal;
  /**
   * Milliseconds after `signal` in which a second interrupt still cancels jobs; undefined without
   * an interrupt: they are cancelled at once.
   */
  readonly grace: () => number | undefined;
}

/**
 * Between two looks at the files, in milliseconds: after a submission, after news, at most; and
 * between two checks of life.
 */
const first = 20;
const quick = 100;
const slow = 1_000;
const lifeCheck = 5_000;
/**
 * Milliseconds until the scheduler is asked for its list: after a submission, then while jobs are
 * queued, and at the soonest.
 */
const firstList = 5_000;
const nextList = 30_000;
const soonest = 15_000;

/**
 * A cluster as a place: a stage is a ticket in a batch of jobs, and the run waits for files. The
 * states of a stage (`#bring`):
 *
 *     looking              an earlier run left its ticket   → waiting     #attach
 *     looking              its result is in the store       → done        #storedResult
 *     looking              neither                          → gathering   #submit
 *     gathering            the intent to submit is on disk  → waiting     Submitter
 *     waiting              its ticket has an end            → ended       BatchWatch
 *     waiting              nobody is to wait (--detach, ^C) → left to its job, which goes on
 *     ended, by afterEnd   → done, looking, cancelled, left to a new run, or failed
 *
 * A ticket has one end, the first that is linked, and only this process publishes: whatever a job
 * does after its ticket was taken over changes nothing.
 */
export class ClusterPlace implements Place {
  readonly #options: ClusterOptions;
  readonly #submitter: Submitter;
  readonly #watches = new Map<string, BatchWatch>();
  readonly #open = new Map<Digest, OpenTicket>();
  /** Ids of batches whose tickets are in `#open`, or which are this run's own. */
  readonly #seen = new Set<string>();
  /** Batches in which this run left stages. */
  readonly #leftBatches = new Set<BatchFolder>();
  #loop: Promise<void> | undefined;
  #isChecking = false;
  #pause = first;
  #listAt = Number.POSITIVE_INFINITY;
  #listedAt = Number.NEGATIVE_INFINITY;
  #hasLeft = false;
  readonly #aborted: Promise<never>;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const workers = () => {
      const isCounted = (watch: BatchWatch) => (options.detach ? !watch.isOver : watch.waits);
      const counted = [...this.#watches.values()].filter(isCounted); // when detached, nobody waits
      return counted.reduce((sum, watch) => sum + watch.workersLeft(), 0);
    };
    this.#submitter = new Submitter(options, workers);
    this.#aborted = new Promise((_, reject) => {
      options.signal.addEventListener('abort', () => void this.#leave().then(reject, reject), {
        once: true,
      });
    });
    this.#aborted.catch(() => {});
  }

  async allocate(stage: Stage) {
    this.#options.signal.throwIfAborted();
    return {
      run: async (attempt: Attempt) => await this.#bring(stage, attempt),
      [Symbol.dispose]: () => {},
    };
  }

  /** The ids of the jobs in which this run left stages, also where they have ended meanwhile. */
  openJobs(): readonly string[] {
    return [...this.#leftBatches].flatMap((folder) => folder.jobs().map(({ id }) => id));
  }

  /**
   * Tickets that other runs have left open until now. One may have held the lease of a stage while
   * this run waited.
   */
  #openTickets(): Map<Digest, OpenTicket> {
    const { workspace, place, warn } = this.#options;
    const isStored = (digest: Digest) => workspace.store.readResult(digest) !== undefined;
    const tickets = openTickets(workspace.store.local.folder, place.name, {
      warn,
      isStored,
      seen: this.#seen,
    });
    for (const [digest, ticket] of tickets) this.#open.set(digest, ticket);
    return this.#open;
  }

  async close(): Promise<void> {
    let pauses = 10;
    try {
      BatchFolder.clearSteps(this.#options.workspace.store.local.folder);
      this.#openTickets(); // which removes what serves nobody
      for (const { folder } of this.#watches.values()) {
        for (; pauses > 0 && folder.isUsed() && !folder.areWorkersOver(); pauses -= 1)
          await delay(50);
        if (folder.isUsed() && folder.areWorkersOver()) folder.remove();
      }
    } catch (error) {
      this.#options.warn(describeError(error)); // the next run removes what is left
    }
  }

  async #bring(stage: Stage, attempt: Attempt): Promise<AttemptOutcome> {
    const { digest } = attempt.examined;
    const ticket = attempt.keep ? this.#openTickets().get(digest) : undefined;
    // Another run may have used it meanwhile.
    const open = ticket?.folder.used().has(ticket.index) ? undefined : ticket;
    this.#open.delete(digest);
    if (open === undefined && this.#options.isStep) this.#takeRefusal(stage);
    const { store, pipeline } = this.#options.workspace;
    let tries = open?.folder.ticket(open.index)?.tries ?? {
      lost: 0,
      idle: 0,
      memory: rememberedMemory(store.local, pipeline.name, stage.name),
    };
    // Safe: to attach starts nothing, and several runs may wait for one end.
    let placed = open && (await Promise.race([this.#attach(open), this.#aborted]));
    await this.#download(stage);
    for (;;) {
      const stored = placed === undefined ? await this.#storedResult(stage, attempt) : undefined;
      if (stored !== undefined)
        return { result: stored, edited: [], signatures: {}, contained: false };
      // Safe: the intent is on disk before the scheduler hears of it. After a kill in between, the
      // next run finds the batch without jobs, and submits it.
      placed ??= await this.#submit(stage, attempt, tries);
      const end = await this.#endOf(placed, attempt);
      const next = await this.#nextStep(end, placed, { stage, tries });
      keepLog(placed, attempt.log);
      // Safe: it has its end, so no job runs it again. A cancelled one stays open for the next run,
      // which closes it and submits the stage again (#attach).
      if (next.step !== 'use' && next.step !== 'cancel') placed.folder.use(placed.index);
      switch (next.step) {
        case 'use': {
          await this.#use(next.end.result, attempt, placed);
          // The ticket is marked last: after a kill, another run attaches to what was not used.
          placed.folder.use(placed.index);
          const { result, signs = {} } = next.end;
          return { result, edited: [], signatures: signs, contained: false };
        }
        case 'decide':
          throw new OutdatedInput(next.message);
        case 'again':
          if (next.message !== undefined)
            attempt.emit({ type: 'stage-retrying', message: next.message });
          // Safe: the lost job's ticket is closed above. A result that it stored all the same is
          // found first.
          tries = next.tries;
          placed = undefined;
          break;
        case 'cancel':
          throw new UnfinishedStage(next.message);
        case 'leave':
          // Safe: nothing was recorded of it. A new run with the new code decides about it, or the
          // next step of a detached run, after these jobs.
          this.#leftBatches.add(placed.folder);
          throw new OldCode(next.message);
        case 'fail':
          throw new StageFailure(next.message);
      }
    }
  }

  /**
   * The result that is in the store since the run looked for it: its job ended meanwhile, or died
   * after it had stored it.
   */
  async #storedResult(
    { name }: Stage,
    { examined, keep, workspace: { store, forced } }: Attempt,
  ): Promise<StageResult | undefined> {
    if (!keep || forced.has(name) || examined.result !== undefined) return undefined;
    const result = store.readResult(examined.digest);
    if (result?.stored !== true) return undefined;
    const lost = await Promise.all(
      Object.values(result.outputs).map((artifact) => store.local.missingObjects(artifact)),
    );
    return lost.flat().length === 0 ? result : undefined;
  }

  /**
   * Throws an {@link OutdatedInput} where a job of an earlier step refused the stage with its input
   * of then: it counts, too.
   */
  #takeRefusal(stage: Stage): void {
    // A path belongs to one pipeline.
    const pathsOf = ({ outputs }: Stage) => outputs.map(({ path }) => path).join('\n');
    for (const [digest, { folder, batch, index }] of this.#open) {
      if (batch.tickets[index]!.stage !== stage.name) continue;
      const end = folder.endOf(index);
      const then = folder.ticket(index)?.stage;
      if (end?.type !== 'refused' || end.what !== 'input' || then === undefined) continue;
      if (pathsOf(then) !== pathsOf(stage)) continue;
      this.#open.delete(digest);
      folder.use(index);
      throw new OutdatedInput(end.message);
    }
  }

  async #nextStep(
    end: TicketEnd,
    { folder, index, batch }: Placed,
    { stage, tries }: { readonly stage: Stage; readonly tries: Tries },
  ): Promise<NextStep> {
    const claim = folder.claimOf(index);
    const { path, sign: signature } = claim?.checkpoint ?? {};
    const rewritten = path !== undefined && pathSignature(path).signature !== signature;
    const resumes = path !== undefined && existsSync(path);
    const { place, scheduler } = this.#options;
    const facts = afterJob(tries, { reached: folder.reached(index), rewritten });
    const isOutdated =
      end.type === 'refused' && end.what !== 'input' && (await this.#isCodeOutdated(stage));
    return afterEnd(end, {
      stage,
      place,
      needs: batch.needs,
      claim,
      resumes,
      isOutdated,
      phaseOf: (job) => scheduler.phaseOf(job),
      ...facts,
    });
  }

  async #isCodeOutdated(stage: Stage): Promise<boolean> {
    const { software, workspace } = this.#options;
    const { root } = workspace.pipeline;
    return await isOutdated(stage, { ...this.#options, root, build: software.build });
  }

  async #submit(stage: Stage, attempt: Attempt, tries: Tries): Promise<Placed> {
    const { place, software, modules } = this.#options;
    const needs = needsOf(stage, place, tries.memory);
    const module = modules.get(stage.kind);
    const { ticket, artifacts } = ticketOf(attempt, { needs, software, module, tries });
    const added = this.#submitter.add(ticket, artifacts, needs);
    this.#pause = first;
    this.#run();
    const placed = await Promise.race([added, this.#aborted]);
    if (!this.#seen.has(placed.folder.id)) collectGarbage();
    this.#seen.add(placed.folder.id);
    this.#watch(placed);
    return placed;
  }

  /**
   * Downloads here what the stage will ask for, since nodes often have no internet. Throws a
   * `StageError`.
   */
  async #download(stage: Stage): Promise<void> {
    const files = this.#options.downloads(stage);
    if (files.length === 0) return;
    const { download } = await import('../store/download.ts');
    const { isInPackage } = await import('../store/package-file.ts');
    const { store, env } = this.#options.workspace;
    const remote = files.filter((file) => !isInPackage(file));
    for (const file of remote) await download(store.local.folder, file, env);
  }

  /**
   * Attaches to a ticket of an earlier run, and submits a batch that was not. Undefined for a
   * cancelled ticket, except in a step.
   */
  async #attach({ folder, batch, index }: OpenTicket): Promise<Placed | undefined> {
    const isUnsubmitted = folder.jobs().length === 0 && folder.beats().size === 0;
    // Safe: where its run is only slow, both submit it, and each ticket is claimed once.
    const isMine = isUnsubmitted && !this.#watches.has(folder.id) && folder.waiters().length === 0;
    const submitted = isMine ? this.#submitter.submit(folder, batch, true) : Promise.resolve();
    const placed = { folder, batch, index, submitted };
    const watch = this.#watch(placed);
    if (this.#options.isStep || !(await watch.wasCancelled(index))) return placed;
    // Safe: of two ends the first stays, and a job that was done in spite of it is used.
    if (folder.end(index, { type: 'cancelled', by: 'by the scheduler' }).type === 'done')
      return placed;
    folder.use(index);
    return undefined;
  }

  #watch(placed: Placed): BatchWatch {
    const { scheduler, patience } = this.#options;
    const { id } = placed.folder;
    const watch = this.#watches.get(id) ?? new BatchWatch(placed, scheduler, patience);
    this.#watches.set(id, watch);
    return watch;
  }

  /** The end of a ticket. Throws {@link StageLeftToJob} if nobody waits for it. */
  async #endOf(placed: Placed, { emit }: Attempt): Promise<TicketEnd> {
    const { folder, index, batch, submitted } = placed;
    const { detach, isStep, place } = this.#options;
    const watch = this.#watch(placed);
    const ended = watch.wait(index, emit);
    emit({ type: 'stage-queued', place: place.name, state: 'SUBMITTING' });
    this.#listAt = Math.min(
      this.#listAt,
      Math.max(performance.now() + firstList, this.#listedAt + soonest),
    );
    const accepted = submitted.then(() => {
      const job = folder.jobs()[0]?.id;
      const rest = index === 0 ? { others: batch.tickets.length - 1 } : {};
      if (job !== undefined)
        emit({ type: 'stage-queued', place: place.name, job, state: 'SUBMITTED', ...rest });
    });
    this.#run();
    const over = accepted.then(() => ended); // fails if the id of the job cannot be written
    over.catch(() => {});
    if (detach) await Promise.race([accepted, this.#aborted]);
    // A step runs after the jobs of earlier ones: only checks of their lives can find the missing
    // ends.
    if (!detach || (isStep && !(await watch.isUnderWay()))) {
      return await Promise.race([ended, over, this.#aborted]).finally(() => watch.forget(index));
    }
    // Safe: the ticket stays open, so the next step or the same command attaches to it.
    const end = folder.endOf(index);
    watch.forget(index);
    if (end !== undefined) return end;
    this.#leftBatches.add(watch.folder);
    throw new StageLeftToJob(`its job ${folder.jobs()[0]?.id ?? ''} continues`);
  }

  /** Takes over the result of a ticket, once its objects are visible here. */
  async #use(
    result: StageResult,
    { stage, keep, work }: Attempt,
    { folder, index }: Placed,
  ): Promise<void> {
    const { store } = this.#options.workspace;
    const claim = await waitFor(() => folder.claimOf(index), longestLag);
    if (keep && result.stored) {
      for (const artifact of Object.values(result.outputs)) {
        await waitFor(
          async () => (await store.local.missingObjects(artifact)).length === 0 || undefined,
          longestLag,
        );
      }
    } else if (claim !== undefined) {
      for (const output of stage.outputs.filter(({ port }) => port in result.outputs)) {
        const path = privatePath(folder.workPath(index, claim), output);
        if ((await waitFor(() => existsSync(path) || undefined, longestLag)) === undefined) {
          folder.use(index); // a run took it, and was killed before it could mark that
          throw new OutdatedInput(`its output ${output.port} is no longer there`);
        }
        folder.moveOutput(path, privatePath(work, output));
      }
    }
    if (keep && folder.ticket(index)?.replaces === true) await store.local.writeResult(result);
    else if (keep) await store.local.writeFirstResult(result);
    if (claim !== undefined && !(keep && stage.cache)) folder.removeWork(index, claim);
  }

  #run(): void {
    this.#loop ??= this.#keepLooking().finally(() => {
      this.#loop = undefined;
    });
  }

  async #keepLooking(): Promise<void> {
    let checkedAt = performance.now();
    while (this.#submitter.isWaiting || this.#waiting().length > 0) {
      if (this.#options.signal.aborted && this.#hasLeft) return;
      try {
        this.#submitter.flush();
        const isNews = this.#waiting().filter((watch) => watch.look()).length > 0;
        this.#pause = isNews ? quick : Math.min(this.#pause * 1.05, slow);
      } catch (error) {
        this.#options.warn(describeError(error)); // the disk may fail only for a while
        await delay(lifeCheck);
      }
      const now = performance.now();
      if (now - checkedAt >= Math.min(lifeCheck, this.#options.patience.ask)) {
        checkedAt = now;
        void this.#check();
      }
      await delay(this.#pause);
    }
  }

  #waiting(): readonly BatchWatch[] {
    return [...this.#watches.values()].filter(({ waits }) => waits);
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      for (const watch of this.#waiting()) await watch.checkLife();
      await this.#list();
    } catch (error) {
      this.#options.warn(describeError(error)); // such as a full disk: the next check tries again
    } finally {
      this.#isChecking = false;
    }
  }

  async #list(): Promise<void> {
    const queued = this.#waiting().filter(({ hasQueued }) => hasQueued);
    if (queued.length === 0 || performance.now() < this.#listAt) return;
    const jobs = await this.#options.scheduler.list(queued.map(({ folder }) => jobName(folder.id)));
    this.#listedAt = performance.now();
    this.#listAt = this.#listedAt + nextList;
    for (const watch of queued) {
      const ofBatch = jobs.filter(({ name }) => name === jobName(watch.folder.id));
      watch.tellQueued(ofBatch, this.#options.place.name);
    }
  }

  /**
   * After an interrupt: leaves the jobs to themselves, or cancels them. Returns the reason with
   * which all waiting ends.
   */
  async #leave(): Promise<Error> {
    const { signal, kill, grace, place, warn } = this.#options;
    const waiting = this.#waiting();
    const time = grace();
    if (time !== undefined && waiting.length > 0) {
      const count = formatCountOf(waiting.length, 'batch of jobs', 'batches of jobs');
      const what = `${count} on ${place.name} ${waiting.length === 1 ? 'continues' : 'continue'}`;
      const cancelling = time > 0 ? ' Ctrl-C again within two seconds cancels them.' : '';
      warn(`Detached: ${what}, and the same command attaches to them.${cancelling}`);
      if (!kill.aborted && time > 0) await delay(time, undefined, { signal: kill }).catch(() => {});
    }
    this.#hasLeft = true;
    if (time !== undefined && !kill.aborted) {
      for (const { folder } of this.#waiting()) this.#leftBatches.add(folder);
      return new StageLeftToJob('its job continues');
    }
    // A batch that was submitted meanwhile is cancelled too. Safe: not where another run waits.
    for (const watch of this.#waiting()) await watch.cancel('by another run');
    return signal.reason;
  }
}

/**
 * Frees memory of deciding and submitting, which V8 would keep while the run waits on a login node,
 * perhaps for days.
 */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** Copies the log of a ticket to the attempt that waited for it. */
function keepLog({ folder, index }: Placed, log: string): void {
  if (existsSync(folder.log(index)))
    creatingFolder(log, () => copyFileSync(folder.log(index), log));
}
