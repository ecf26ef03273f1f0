import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import type { JobIdentity } from '../../scheduler.ts';
import { describeError } from '../../user-error.ts';
import type { ProgramCode, Stage } from '../config/pipeline.ts';
import type { StageEvent } from '../events.ts';
import { Admission } from '../execution/admission.ts';
import { localPlace } from '../execution/local-place.ts';
import { machineCapacity } from '../execution/machine-capacity.ts';
import type { IdleWorkers } from '../execution/processes/idle-workers.ts';
import type { RunProcess } from '../execution/processes/process-runner.ts';
import { StageFailure } from '../execution/stage-failures.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { pathSignature } from '../files/walk-tree.ts';
import { checkpointOf } from '../fingerprint/checkpoint-digest.ts';
import { pieceBaseOf } from '../fingerprint/piece-base.ts';
import type { Outputs, Workspace } from '../plan/examine.ts';
import { Lender } from '../publishing/lender.ts';
import { LocalStore } from '../store/local-store.ts';
import type { PieceScope } from '../store/piece-files.ts';
import type { LoadedCode } from '../store/remembered-code.ts';
import type { StageResult } from '../store/stage-result.ts';
import { UnsharedStore } from '../store/unshared-store.ts';
import type { Batch, BatchFolder, Claim, Ticket, TicketEnd } from './batch-folder.ts';
import { hasTimeFor } from './expected-duration.ts';
import { MessageFile } from './message-file.ts';
import { neededMemory, PeakMemory, watchMemory } from './out-of-memory.ts';
import { describeDifference, otherCode, refusedInput } from './refusals.ts';
import { waitFor } from './shared-disk-lag.ts';
import { changedSource, lookAgain, type Software, sourcesOf, workspaceOf } from './ticket.ts';

export interface WorkerOptions {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  readonly identity: JobIdentity;
  /** The environment of the job, which its stages get. */
  readonly env: Environment;
  readonly software: Omit<Software, 'gitCommit'>;
  readonly runProcess: RunProcess;
  readonly idle: IdleWorkers;
  readonly findCode: (stage: Stage, root: string) => Promise<ProgramCode>;
  readonly loadedCode: LoadedCode;
}

/** What the stages of a worker share. */
interface WorkerResources {
  readonly digests: DigestIndex;
  readonly lender: Lender;
  readonly admission: Admission;
}

/** Milliseconds between two signs of life. */
const beatInterval = 5_000;
/**
 * Milliseconds to wait after the death of a stage's process, since its job may be about to end,
 * too.
 */
const settling = 1_000;

/**
 * Serves the tickets of a batch, one after the other, as the local place runs stages. Its states:
 *
 *     idle       a ticket that nobody runs, with time for it  → serving    #next
 *     idle       none is left, or the job was started again   → over
 *     serving    input or code differ from the ticket         → idle       it ends as refused
 *     serving    the stage ended                              → idle       with its end
 *     serving    the job's time is over                       → stopping   it ends as stopped
 *     serving    the scheduler wants the node                 → stopping   without an end
 *     stopping   the stage ended                              → over
 *
 * It gives signs of life until it is over, which the last one says.
 */
export class JobWorker {
  readonly #options: WorkerOptions;
  readonly #store: LocalStore;
  readonly #shared: WorkerResources;
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  #count = 0;
  #stopped: 'time' | 'asked' | undefined;
  /** Reports damage in the store with the stage that found it. */
  #warn: (message: string) => void = () => {};

  constructor(options: WorkerOptions) {
    const { batch, idle } = options;
    this.#options = options;
    this.#store = new LocalStore(batch.root, (message) => this.#warn(message));
    const { cards } = machineCapacity(options.env);
    const capacity = { ...batch.needs, ...(cards.length >= batch.needs.gpu && { cards }) };
    this.#shared = {
      digests: new DigestIndex(this.#store.folder),
      lender: new Lender(this.#store),
      admission: new Admission(capacity, 1, idle),
    };
  }

  /** Resolves when no ticket is left for which this job has time, or after {@link stop}. */
  async run(): Promise<void> {
    this.#beat(false);
    const timer = setInterval(() => {
      this.#beat(false);
      if (!this.#options.identity.notified && this.#secondsLeft() <= this.#notice) this.stop();
    }, beatInterval);
    try {
      for (;;) {
        const index = await waitFor(() => this.#next());
        if (index === undefined || index === 'none') break;
        const end = await this.#serve(index);
        // Safe: the first end stays. Without one, the job takes its ticket back when it is queued
        // again, or the run finds it dead.
        if (end !== undefined) this.#options.folder.end(index, end);
        this.#beat(false);
      }
    } finally {
      clearInterval(timer);
      await this.#options.idle.end();
      this.#beat(true);
    }
  }

  /**
   * Asks the running stage to end: the job's time is over, or the scheduler wants the node and
   * knows why.
   */
  stop(): void {
    // A scheduler may give notice up to a minute early.
    const isTime = this.#secondsLeft() <= this.#notice + 70;
    // Safe: the stage ends as after Ctrl-C, with its checkpoint, and no further one is claimed.
    this.#stopped ??= isTime ? 'time' : 'asked';
    this.#stop.abort(new Error('stopped'));
  }

  /**
   * Claims a ticket that nobody runs. `none` if there is none; undefined if one is not visible here
   * yet.
   */
  #next(): number | 'none' | undefined {
    const { folder, batch } = this.#options;
    if (this.#stopped !== undefined || this.#isReplaced()) return 'none';
    let isLate = false;
    const ended = folder.ended();
    const claimed = folder.claimed();
    for (const index of batch.tickets.keys()) {
      if (ended.has(index)) continue;
      if (claimed.has(index) && !this.#isEarlierSelf(folder.claimOf(index))) continue;
      const ticket = folder.ticket(index);
      isLate ||= ticket === undefined;
      if (ticket === undefined || !this.#hasTimeFor(ticket)) continue;
      // Safe: a claim is a link, which only one worker can make. A job that was started again takes
      // back what it claimed itself.
      if (!folder.claim(index, this.#claimFor(ticket))) continue;
      const checkpoint = this.#isFresh(ticket) ? this.#checkpointOf(ticket) : undefined;
      if (checkpoint !== undefined) this.#store.removeCheckpoint(checkpoint);
      return index;
    }
    return isLate ? undefined : 'none';
  }

  /**
   * Whether the scheduler has started this job again elsewhere. It does so when a node's daemon is
   * silent, whose processes go on. The later job takes the tickets of this one, so each further
   * stage would run twice.
   */
  #isReplaced(): boolean {
    const { folder, identity } = this.#options;
    const beat = folder.beatOf(identity.job);
    return beat !== undefined && beat.restart > identity.restart;
  }

  #isEarlierSelf(claim: Claim | undefined): boolean {
    const { job, restart } = this.#options.identity;
    return claim?.worker === job && claim.restart < restart;
  }

  /** Whether the time left suffices, as it does for the first ticket. */
  #hasTimeFor({ expected }: Ticket): boolean {
    const { seconds } = this.#options.batch;
    return hasTimeFor(expected, { seconds, secondsLeft: this.#secondsLeft() });
  }

  /** How long before its end a job stops, in seconds. */
  get #notice(): number {
    return Math.min(120, this.#options.batch.seconds / 10);
  }

  #secondsLeft(): number {
    return this.#options.batch.seconds - process.uptime();
  }

  #claimFor(ticket: Ticket): Claim {
    const { identity, batch } = this.#options;
    const digest = this.#checkpointOf(ticket);
    const path = digest && this.#store.checkpointPath(digest);
    // A checkpoint that is about to be removed counts as none.
    const signature =
      path && pathSignature(this.#isFresh(ticket) ? `${path}.none` : path).signature;
    return {
      worker: identity.job,
      restart: identity.restart,
      host: hostname(),
      ...(path !== undefined &&
        signature !== undefined && { checkpoint: { path, sign: signature } }),
      full: this.#secondsLeft() >= 0.8 * batch.seconds,
    };
  }

  #checkpointOf({ stage, fingerprint, keep, restage }: Ticket): Digest | undefined {
    return keep ? checkpointOf(stage, fingerprint, { restage, node: process.version }) : undefined;
  }

  #piecesOf(ticket: Ticket): PieceScope | undefined {
    const base = ticket.keep ? pieceBaseOf(ticket.stage, ticket.fingerprint) : undefined;
    return base && { base, isFresh: this.#isFresh(ticket) };
  }

  #isFresh({ fresh }: Ticket): boolean {
    return fresh && this.#options.identity.restart === 0;
  }

  /**
   * Serves a ticket to its end. Undefined if the job was asked to end: it may be queued again and
   * take its ticket back.
   */
  async #serve(index: number): Promise<TicketEnd | undefined> {
    const { folder, batch } = this.#options;
    const ticket = folder.ticket(index)!;
    const { env, loadedCode } = this.#options;
    const shared = { root: batch.root, env, store: new UnsharedStore(this.#store), loadedCode };
    const workspace = { ...workspaceOf(ticket, shared), digests: this.#shared.digests };
    try {
      const ready = await this.#prepare(ticket, workspace);
      return 'type' in ready ? ready : await this.#attempt(index, ticket, { ...ready, workspace });
    } catch (error) {
      return { type: 'failed', message: `${describeError(error)} (on ${hostname()})` };
    }
  }

  /** What the attempt reads, once all of it is visible here; or why the ticket is refused. */
  async #prepare(ticket: Ticket, workspace: Workspace): Promise<TicketEnd | Ready> {
    const { folder, batch, software } = this.#options;
    if (ticket.build !== software.build || ticket.restage !== software.restage) {
      return otherCode('it has another build of Restage');
    }
    const source = changedSource(ticket.module, batch.root);
    if (source !== undefined) return otherCode(`it has another ${source}`);
    const code = await this.#sameCode(ticket.stage, batch.root);
    if (code !== undefined && 'type' in code) return code;
    const outputs = await waitFor(() => sourcesOf(ticket, folder));
    if (outputs === undefined) return refusedInput(folder.path);
    const artifacts = [...outputs.values()].flatMap((ports) => Object.values(ports));
    for (const artifact of artifacts.filter(({ digest }) => !ticket.unstored.includes(digest))) {
      const isHere = async () =>
        (await this.#store.missingObjects(artifact)).length === 0 || undefined;
      if ((await waitFor(isHere)) === undefined)
        return refusedInput(`an object of ${artifact.digest}`);
    }
    // A path that is not there yet may be late; one with other content has changed.
    const paths = await waitFor(async () => {
      const present = await lookAgain(ticket, workspace);
      return 'changed' in present && !existsSync(present.changed) ? undefined : present;
    });
    if (paths === undefined) return refusedInput(Object.keys(ticket.looked)[0]!);
    if ('changed' in paths) return refusedInput(paths.changed);
    return {
      looked: paths.looked,
      outputs,
      stage: { ...ticket.stage, ...(code !== undefined && { code }) },
    };
  }

  /**
   * A stage's code as this node finds it, once it is the code in the ticket; or why the ticket is
   * refused.
   */
  async #sameCode(
    { code, ...stage }: Stage,
    root: string,
  ): Promise<TicketEnd | ProgramCode | undefined> {
    if (code === undefined) return undefined;
    let differs = '';
    const same = await waitFor(async () => {
      const now = await this.#options.findCode({ ...stage, code }, root);
      differs = describeDifference(code.sources, now.sources);
      return differs === '' ? now : undefined;
    }, 10_000);
    return same ?? otherCode(differs);
  }

  async #attempt(
    index: number,
    ticket: Ticket,
    ready: Ready & { readonly workspace: Workspace },
  ): Promise<TicketEnd | undefined> {
    const { folder, identity } = this.#options;
    const { stage } = ready;
    const self = { worker: identity.job, restart: identity.restart };
    const work = folder.work(index, self);
    const messages = new MessageFile(folder.messages(index));
    const isOutOfMemory = watchMemory(folder.log(index));
    const checkpoint = this.#checkpointOf(ticket);
    this.#warn = (message) => messages.add({ type: 'warning', message });
    try {
      using peak = new PeakMemory();
      using allocation = await this.#place(ticket, peak).allocate(stage);
      const { result, edited, signatures } = await allocation.run({
        workspace: ready.workspace,
        stage,
        number: ticket.number,
        keep: ticket.keep,
        startedAt: Date.now(),
        work,
        log: folder.log(index),
        examined: { ...ticket, looked: ready.looked, result: undefined },
        outputsOf: (name) => ready.outputs.get(name)!,
        checkpoint: checkpoint && this.#store.checkpointPath(checkpoint),
        pieces: this.#piecesOf(ticket),
        emit: (event: StageEvent) => messages.add(event),
      });
      if (edited[0] !== undefined)
        return refusedInput(edited[0], 'ran, by an edit or by the stage itself');
      // The first of two results counts.
      const first =
        ticket.keep && !ticket.replaces ? this.#store.readResult(result.digest) : undefined;
      return { type: 'done', result: first ?? result, host: hostname(), signs: signatures };
    } catch (error) {
      // A scheduler that ends a job signals all of its processes, this one perhaps last.
      if (error instanceof StageFailure && error.killed) await delay(settling);
      if (this.#stopped !== undefined)
        return this.#stopped === 'time' ? { type: 'stopped' } : undefined;
      if (!(error instanceof StageFailure)) throw error;
      if (isOutOfMemory()) return { type: 'memory', message: error.message };
      return { type: error.killed ? 'killed' : 'failed', message: error.message };
    } finally {
      messages.flush();
      if (ticket.keep && stage.cache) folder.removeWork(index, self);
    }
  }

  #place(ticket: Ticket, peak: PeakMemory) {
    const { software, identity, runProcess, idle, batch } = this.#options;
    const { memory, guessed } = ticket.tries;
    const needed = () =>
      guessed ? neededMemory(peak.look(), batch.needs.memory) : batch.needs.memory;
    const job = () => ({ job: identity.job, ...(memory > 0 && { memory: needed() }) });
    // The first of two results stays; only the controller replaces one.
    const writeResult = async (result: StageResult) => {
      if (!ticket.replaces) await this.#store.writeFirstResult(result);
    };
    return localPlace({
      writeResult,
      runProcess,
      idle,
      lender: this.#shared.lender,
      admission: this.#shared.admission,
      modules: new Map(ticket.module === undefined ? [] : [[ticket.stage.kind, ticket.module]]),
      checkReads: false,
      host: { restage: software.restage, gitCommit: ticket.gitCommit, job },
      signal: this.#stop.signal,
      kill: this.#kill.signal,
    });
  }

  #beat(over: boolean): void {
    const { job, restart } = this.#options.identity;
    this.#count += 1;
    try {
      if (this.#isReplaced()) return; // its end would count as that of the later job
      this.#options.folder.beat(job, { restart, count: this.#count, over });
    } catch {
      // The batch was removed, or the disk hangs: the controller notices the silence.
    }
  }
}

interface Ready {
  readonly looked: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, Outputs>;
  readonly stage: Stage;
}
