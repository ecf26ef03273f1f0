import { appendFileSync, closeSync, copyFileSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../../digest.ts';
import { unreachable } from '../../../result.ts';
import { UserError } from '../../../user-error.ts';
import type { StageEvent } from '../../events.ts';
import type { Attempt, AttemptOutcome, Place } from '../../execution/execution.ts';
import { privatePath } from '../../execution/private-paths.ts';
import { OldCode, OutdatedInput, StageFailure } from '../../execution/stage-failures.ts';
import { forEachBounded } from '../../files/for-each-bounded.ts';
import type { ListedFile } from '../../files/listing.ts';
import { creatingFolder, syncFile } from '../../files/write-atomic.ts';
import { copyVerified } from '../../publishing/copy-or-link.ts';
import { parseResult, type StageResult } from '../../store/stage-result.ts';
import { keepIfStored } from '../../store/store-object.ts';
import type { ClusterRun } from '../cluster-place.ts';
import { isOutdated } from '../outdated-code.ts';
import type { HostsSpec } from '../place-spec.ts';
import type { Software } from '../ticket.ts';
import {
  afterHostEnd,
  type HostEnd,
  type HostStep,
  type HostTries,
  noTries,
} from './after-host-end.ts';
import { LostLink } from './host-link.ts';
import { type HostGrant, HostPool } from './host-pool.ts';
import { type PackedTicket, packTicket } from './portable-ticket.ts';
import { SshHost, type ToldEnd } from './ssh-host.ts';

/** What a run gives to its hosts. */
export interface HostsOptions extends Omit<ClusterRun, 'detach'> {
  readonly place: HostsSpec;
  /** Names the run on its hosts. */
  readonly run: string;
  readonly software: Software;
  /** The digest of Restage's own code on this machine as it is now. */
  readonly buildNow: () => Digest;
  /** Stages at once, at most. */
  readonly most: number;
  /** Milliseconds without a sign after which a host counts as lost. */
  readonly silence: number;
  /** Milliseconds without any host after which stages fail. */
  readonly patience: number;
  /** Aborted when stages are to end. */
  readonly signal: AbortSignal;
  /** Aborted when they are to end at once. */
  readonly kill: AbortSignal;
}

/** Events that a host may report; all others are this process's own. */
const hostEvents: ReadonlySet<StageEvent['type']> = new Set([
  'stage-waiting',
  'stage-started',
  'stage-progress',
  'stage-point',
  'stage-output',
  'info',
  'warning',
]);

/** Milliseconds that a stage waits for a host before it says so. */
const queuedAfter = 1_000;
/** How many objects are fetched at once. */
const fetchers = 16;

/** What became of a ticket, if the stage has not failed. */
type Round =
  | { readonly outcome: AttemptOutcome }
  | { readonly tries: HostTries; readonly host: string };

/** A ticket that has ended, or whose host is lost. */
interface EndedTicket {
  readonly host: SshHost;
  readonly told: ToldEnd;
  readonly attempt: Attempt;
}

/**
 * Machines behind `ssh` as a place, which share no disk with this one. The states of a stage
 * (`#bring`):
 *
 *     waiting    a host has room                            → serving    HostPool
 *     serving    its host told an end                       → ended      SshHost
 *     serving    its host was lost                          → ended, as lost
 *     ended      the host has its outputs                   → fetching   #take
 *     ended      by afterHostEnd                            → waiting, decided again, or failed
 *     fetching   all objects are in the store               → done, and recorded here
 *     fetching   the host was lost                          → waiting
 *
 * The end counts that this process waits for: a lost host cannot tell another one later. A host
 * proves its bytes by their digests, and never names a result: the fingerprint is this process's.
 */
export class HostsPlace implements Place {
  readonly #options: HostsOptions;
  readonly #pool: HostPool<SshHost>;

  constructor(options: HostsOptions) {
    const { place, run, software, silence, most, patience, signal, warn, workspace } = options;
    this.#options = options;
    this.#pool = new HostPool({
      place: place.name,
      hosts: place.hosts,
      open: (host) => new SshHost({ place, host, run, env: workspace.env, software, silence }),
      most,
      patience,
      signal,
      warn,
    });
  }

  async allocate() {
    this.#options.signal.throwIfAborted();
    return {
      run: async (attempt: Attempt) => await this.#bring(attempt),
      [Symbol.dispose]: () => {},
    };
  }

  async close(): Promise<void> {
    this.#pool.close();
  }

  async #bring(attempt: Attempt): Promise<AttemptOutcome> {
    let tries = noTries;
    let host: string | undefined;
    // Safe: each round ends with a told end or a lost host, and nothing is recorded before #take.
    for (;;) {
      const round = await this.#serve(attempt, tries, host);
      if ('outcome' in round) return round.outcome;
      ({ tries, host } = round);
    }
  }

  /** Gives the stage to a host with room, and waits for its end. */
  async #serve(attempt: Attempt, tries: HostTries, preferred: string | undefined): Promise<Round> {
    const { signal, kill, place, silence } = this.#options;
    const { emit, stage } = attempt;
    const queued = setTimeout(
      () => emit({ type: 'stage-queued', place: place.name, state: 'WAITING' }),
      queuedAfter,
    );
    const keepsCheckpoint = stage.cache && stage.checkpointsWithout !== undefined;
    const preference =
      preferred === undefined
        ? undefined
        : {
            host: preferred,
            patience: keepsCheckpoint ? silence : 0,
          };
    const acquired = this.#pool.acquire(stage.resources, preference);
    using grant = await acquired.finally(() => clearTimeout(queued));
    const { host } = grant;
    const packed = await this.#pack(attempt, grant, tries.lost + tries.killed);
    let reachedNow = tries.reached;
    const receive = (event: StageEvent) => {
      if (event.type === 'stage-point') reachedNow = Math.max(reachedNow, Number(event.point.step));
      this.#receive(event, attempt);
    };
    const told = await host.serve(packed, receive, { stop: signal, kill });
    const stepAfter = (end: HostEnd) => afterHostEnd(end, host.name, { ...tries, reachedNow });
    try {
      return await this.#follow(stepAfter(told.end), { host, told, attempt });
    } catch (error) {
      if (!(error instanceof LostLink)) throw error;
      // Its outputs are lost with it.
      const lost = stepAfter({ type: 'host lost', message: error.message });
      return await this.#follow(lost, { host, told, attempt });
    } finally {
      host.finish(told.id);
    }
  }

  /** Does what follows from an end. Throws a {@link LostLink}. */
  async #follow(next: HostStep, { host, told, attempt }: EndedTicket): Promise<Round> {
    switch (next.step) {
      case 'use':
        return { outcome: await this.#take(host, told, next.end.result, attempt) };
      case 'again':
        attempt.emit({ type: 'stage-retrying', message: next.message });
        return { tries: next.tries, host: host.name };
      case 'decide':
        await this.#setAsideDamage(attempt);
        throw new OutdatedInput(next.message);
      case 'other code':
        throw await this.#explainOtherCode(attempt, next.message);
      case 'stopped':
        this.#options.signal.throwIfAborted();
        throw new StageFailure(next.message);
      case 'fail':
        if (told.log !== undefined) await this.#fetchLog(host, told.log, attempt).catch(() => {});
        throw new StageFailure(next.message);
      default:
        return unreachable(next);
    }
  }

  /** An object that was damaged here counts as missing, so that the next decision finds it so. */
  async #setAsideDamage({ stage, outputsOf, workspace }: Attempt): Promise<void> {
    const items = stage.inputs.flatMap(({ items }) => items);
    const artifacts = items.flatMap((item) =>
      item.from === 'stage' ? [outputsOf(item.stage)[item.port]!] : [],
    );
    const files = artifacts.flatMap(({ files }) => files);
    await forEachBounded(files, fetchers, async ({ digest }) => {
      await workspace.store.local.checkObject(digest);
    });
  }

  async #pack(
    attempt: Attempt,
    { share }: HostGrant<SshHost>,
    losses: number,
  ): Promise<PackedTicket> {
    const { software, modules, place, downloads } = this.#options;
    const { kind } = attempt.stage;
    try {
      return await packTicket(attempt, {
        software,
        module: modules.get(kind),
        needs: share,
        losses,
        env: place.env,
        downloads: downloads(attempt.stage),
      });
    } catch (error) {
      // A download that failed, a file that cannot be read.
      if (error instanceof UserError && !(error instanceof StageFailure))
        throw new StageFailure(error.message);
      throw error;
    }
  }

  #receive(event: StageEvent, { emit, log }: Attempt): void {
    if (!hostEvents.has(event.type)) return;
    if (event.type === 'stage-output')
      creatingFolder(log, () => appendFileSync(log, String(event.text)));
    emit(event);
  }

  /**
   * Records the result of a stage, once its objects are in the store. Throws a {@link LostLink}.
   */
  async #take(
    host: SshHost,
    { log }: ToldEnd,
    told: StageResult,
    attempt: Attempt,
  ): Promise<AttemptOutcome> {
    const { stage, keep, workspace } = attempt;
    const { local } = workspace.store;
    const outcome = { edited: [], signatures: {}, contained: false };
    const kept = await this.#fetchLog(host, log, attempt);
    const result = checkedResult(told, attempt, { host: host.name, log: kept });
    if (!keep) return { ...outcome, result };
    if (stage.cache) {
      const files = Object.values(result.outputs).flatMap(({ files }) => files);
      await this.#fetchAll(host, files, (digest) => local.objectPath(digest));
    } else await this.#fetchUnstored(host, result, attempt);
    await local.writeResult(result);
    return { ...outcome, result };
  }

  /** Fetches what the stage printed. Gives its object, if the host has it. */
  async #fetchLog(
    host: SshHost,
    log: Digest | undefined,
    attempt: Attempt,
  ): Promise<Digest | undefined> {
    const { local } = attempt.workspace.store;
    if (log === undefined || !(await host.fetch(log, local.objectPath(log)))) return undefined;
    creatingFolder(attempt.log, () => copyFileSync(local.objectPath(log), attempt.log));
    return log;
  }

  /** Fetches files to paths that end with their digests. */
  async #fetchAll(
    host: SshHost,
    files: readonly ListedFile[],
    pathOf: (digest: Digest) => string,
  ): Promise<void> {
    const { local } = this.#options.workspace.store;
    const unique = new Map(files.map((file) => [file.digest, file]));
    await forEachBounded(unique.values(), fetchers, async ({ digest, size }) => {
      const path = pathOf(digest);
      const isHere = keepIfStored(path, size) !== undefined && (await local.checkObject(digest));
      if (isHere) return;
      if (!(await host.fetch(digest, path)))
        throw new LostLink(`it has not the bytes of ${digest} that it promised`);
      if (statSync(path).size !== size)
        throw new StageFailure(`${host.name} told a wrong size of ${digest}`);
      await sync(path);
    });
  }

  /**
   * Outputs that are not kept go to the private folder of the attempt, as if they were made there.
   */
  async #fetchUnstored(host: SshHost, result: StageResult, { stage, work }: Attempt) {
    const fetched = join(work, '.fetched');
    mkdirSync(fetched, { recursive: true });
    for (const output of stage.outputs) {
      const artifact = result.outputs[output.port]!;
      await this.#fetchAll(host, artifact.files, (digest) => join(fetched, digest));
      await copyVerified(
        artifact,
        ({ digest }) => join(fetched, digest),
        privatePath(work, output),
      );
    }
  }

  /**
   * If the code of this machine changed, a new process decides again; else the host is at fault.
   */
  async #explainOtherCode({ stage, workspace }: Attempt, message: string): Promise<Error> {
    const { software } = this.#options;
    const { root } = workspace.pipeline;
    if (await isOutdated(stage, { ...this.#options, root, build: software.build }))
      return new OldCode(message);
    return new StageFailure(`${message}. Make both alike, and run again`);
  }
}

/**
 * The result of a host in the name of this run's fingerprint. Throws a {@link StageFailure} where
 * it is not the result of this stage.
 */
function checkedResult(
  told: StageResult,
  attempt: Attempt,
  { host, log }: { readonly host: string; readonly log: Digest | undefined },
): StageResult {
  const { stage, examined } = attempt;
  const fail = (why: string) => new StageFailure(`${host} sent what is no result: ${why}`);
  let result: StageResult | undefined;
  try {
    result = parseResult(JSON.stringify(told), examined.digest);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
  const { outputs, record } = result ?? {};
  if (outputs === undefined || record === undefined) throw fail('it has another format');
  const ports = new Map(stage.outputs.map(({ port, type }) => [port, type]));
  const isOurs =
    Object.keys(outputs).length === ports.size &&
    Object.entries(outputs).every(([port, { type }]) => ports.get(port) === type);
  if (!isOurs) throw fail('it has other outputs than the stage');
  const { log: _, ...facts } = record;
  return {
    format: 1,
    digest: examined.digest,
    fingerprint: examined.fingerprint,
    ...(examined.loaded.length > 0 && { loaded: examined.loaded }),
    outputs,
    stored: stage.cache,
    record: { ...facts, ...(log !== undefined && { log }) },
  };
}

/** What is recorded must be on the disk before its result is. */
async function sync(path: string): Promise<void> {
  const file = openSync(path, 'r');
  try {
    await syncFile(file);
  } finally {
    closeSync(file);
  }
}
