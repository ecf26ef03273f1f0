import { existsSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Digest } from '../../../digest.ts';
import type { Environment } from '../../../environment.ts';
import { describeError } from '../../../user-error.ts';
import type { InputItem, ProgramCode, Stage } from '../../config/pipeline.ts';
import type { StageEvent } from '../../events.ts';
import { Admission } from '../../execution/admission.ts';
import { localPlace } from '../../execution/local-place.ts';
import { cardNames, machineCapacity, type Share } from '../../execution/machine-capacity.ts';
import { viewFolder } from '../../execution/private-paths.ts';
import type { IdleWorkers } from '../../execution/processes/idle-workers.ts';
import type { RunProcess } from '../../execution/processes/process-runner.ts';
import { StageFailure } from '../../execution/stage-failures.ts';
import { DigestIndex } from '../../files/digest-index.ts';
import { forEachBounded } from '../../files/for-each-bounded.ts';
import type { ListedFile } from '../../files/listing.ts';
import { checkpointOf } from '../../fingerprint/checkpoint-digest.ts';
import { pieceBaseOf } from '../../fingerprint/piece-base.ts';
import type { Outputs, Workspace } from '../../plan/examine.ts';
import { Lender } from '../../publishing/lender.ts';
import { forgetView, viewName } from '../../store/input-view-name.ts';
import { LocalStore } from '../../store/local-store.ts';
import { shownDigest } from '../../store/stage-result.ts';
import { UnsharedStore } from '../../store/unshared-store.ts';
import type { Ticket, TicketEnd } from '../batch-folder.ts';
import { describeDifference, otherCode, refusedInput } from '../refusals.ts';
import { lookAgain, type Software, workspaceOf } from '../ticket.ts';
import type { HostFolder, TicketFolder } from './host-folder.ts';
import { HostLink, LostLink } from './host-link.ts';
import type { DeclaredCapacity, FromWorker, ToWorker } from './host-messages.ts';
import { outsideFolder, type PortableTicket } from './portable-ticket.ts';

/** A kind of a project, built from its files. */
export interface BuiltKind {
  readonly version: number | string;
  /** Absolute path of the built code. */
  readonly module: string;
}

export interface HostWorkerOptions {
  readonly folder: HostFolder;
  readonly input: Readable;
  readonly output: Writable;
  /** The environment of the connection, which stages get. */
  readonly env: Environment;
  readonly software: Omit<Software, 'gitCommit'>;
  readonly runProcess: RunProcess;
  /** Processes that wait for further stages. */
  readonly idle: IdleWorkers;
  /** Whether a built-in kind starts a program of the user's. */
  readonly startsProgram: (kind: string) => Promise<boolean>;
  readonly findCode: (stage: Stage, root: string, env: Environment) => Promise<ProgramCode>;
  /** Builds a kind from the files in a root. Throws an error that says what is wrong. */
  readonly buildKind: (kind: string, root: string) => Promise<BuiltKind>;
}

/** A ticket that is being served. */
interface Served {
  readonly stop: AbortController;
  readonly kill: AbortController;
  /** Kept until the run has fetched what it wants. */
  readonly folder: TicketFolder;
}

/** Milliseconds for a first message, and for stages to end with the connection. */
const patience = 60_000;
const ending = 5_000;

/**
 * Serves the tickets of one run on a host, as many at once as the run sends. Its states:
 *
 *     waiting    the run says hello                        → open, and it says what it has
 *     open       a ticket                                  → it fetches, runs, and tells the end
 *     any        the connection ends, or is silent         → ended: its stages are killed
 *
 * There is nothing to come back to after the end: objects, checkpoints and pieces stay in the
 * host's cache, and a ticket that was not told of runs again, here or elsewhere.
 */
export class HostWorker {
  readonly #options: HostWorkerOptions;
  readonly #store: LocalStore;
  readonly #digests: DigestIndex;
  readonly #lender: Lender;
  readonly #served = new Map<number, Served>();
  readonly #running = new Set<Promise<void>>();
  /** Objects whose bytes this process has seen to be right. */
  readonly #sound = new Set<Digest>();
  #admission: Admission | undefined;
  #link: HostLink<FromWorker, ToWorker> | undefined;

  constructor(options: HostWorkerOptions) {
    this.#options = options;
    this.#store = new LocalStore(options.folder.path);
    this.#digests = new DigestIndex(this.#store.folder);
    this.#lender = new Lender(this.#store);
  }

  /** Resolves when the connection has ended, and with it all stages. */
  async run(): Promise<string> {
    const reason = await new Promise<string>((resolve) => this.#connect(patience, resolve));
    for (const { kill } of this.#served.values()) kill.abort(new Error('the connection ended'));
    const over = Promise.allSettled(this.#running);
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, ending).unref())]);
    await this.#options.idle.end();
    for (const { folder } of this.#served.values()) folder.remove();
    this.#options.folder.close();
    return reason;
  }

  #connect(silence: number, ended: (reason: string) => void): void {
    this.#link = new HostLink<FromWorker, ToWorker>({
      input: this.#options.input,
      output: this.#options.output,
      silence,
      ended,
      // The run has sent or named all that is here for it; other runs are the same user's.
      sourceOf: (digest) => this.#store.objectPath(digest),
      receive: (message) => this.#receive(message),
    });
  }

  #receive(message: ToWorker): void {
    switch (message.type) {
      case 'hello':
        this.#greet(message);
        return;
      case 'ticket': {
        const served = this.#serve(message.id, message.ticket).finally(() =>
          this.#running.delete(served),
        );
        this.#running.add(served);
        return;
      }
      case 'stop': {
        const served = this.#served.get(message.id);
        served?.stop.abort(new Error('stopped'));
        if (message.kill) served?.kill.abort(new Error('stopped'));
        return;
      }
      case 'finish':
        this.#served.get(message.id)?.folder.remove();
        this.#served.delete(message.id);
        return;
    }
  }

  #greet({ run, capacity, silence }: Extract<ToWorker, { type: 'hello' }>): void {
    const { folder, env, software } = this.#options;
    this.#link!.silence = silence;
    folder.succeed(run);
    folder.clear();
    const share = capacityOf(env, capacity);
    this.#admission = new Admission(share, Number.POSITIVE_INFINITY, this.#options.idle);
    const { cpu, gpu, memory } = share;
    this.#link!.send({
      type: 'ready',
      ...software,
      node: process.version,
      host: hostname(),
      cpu,
      gpu,
      memory,
      time: Date.now(),
      free: folder.free,
      folder: folder.path,
    });
  }

  async #serve(id: number, portable: PortableTicket): Promise<void> {
    const { folder, startsProgram } = this.#options;
    // What a program writes beside its outputs is for no other stage.
    const shared =
      portable.files.length === 0 && !(await startsProgram(portable.ticket.stage.kind));
    const served: Served = {
      stop: new AbortController(),
      kill: new AbortController(),
      folder: folder.ticket({ shared }),
    };
    this.#served.set(id, served);
    const emit = (event: StageEvent) => this.#link!.send({ type: 'event', id, event });
    const end = await this.#endOf(portable, served, emit).catch((error: unknown): TicketEnd => {
      if (served.stop.signal.aborted) return { type: 'stopped' };
      const message = inProject(describeError(error), served.folder, portable.root);
      return { type: 'failed', message: `${message} (on ${hostname()})` };
    });
    const { log } = served.folder;
    const printed = existsSync(log) ? await this.#store.storeFile(log) : undefined;
    this.#link!.send({ type: 'end', id, end, ...(printed !== undefined && { log: printed }) });
  }

  async #endOf(
    portable: PortableTicket,
    served: Served,
    emit: (event: StageEvent) => void,
  ): Promise<TicketEnd> {
    const { folder, stop } = served;
    const missing = await this.#fetch(portable);
    if (missing !== undefined) return refusedInput(missing, 'waited for a host');
    const objectOf = (digest: Digest) => this.#store.objectPath(digest);
    folder.addFiles(portable.files, objectOf);
    folder.addDownloads(portable.downloads, objectOf);
    const ticket = await this.#localTicket(portable, folder.root);
    if ('type' in ticket) return ticket;
    const store = new UnsharedStore(this.#store);
    const env = { ...this.#options.env, ...portable.env };
    const workspace: Workspace = {
      ...workspaceOf(ticket, { root: folder.root, env, store }),
      digests: this.#digests,
    };
    const present = await lookAgain(ticket, workspace);
    if ('changed' in present) return refusedInput(present.changed, 'waited for a host');
    // Of two stages of the same work on this host the second waits: they share names in the cache.
    await using _lease = await this.#store.acquireLease(ticket.digest, stop.signal, (holder) =>
      emit({ type: 'stage-waiting', for: holder }),
    );
    return await this.#attempt(ticket, portable, {
      ...served,
      workspace,
      looked: present.looked,
      emit: (event) => emit(inProject(event, folder, portable.root)),
    });
  }

  /** Fetches what a ticket names and is not here. Gives the digest of what cannot be had. */
  async #fetch({ artifacts, files, downloads }: PortableTicket): Promise<string | undefined> {
    const listed = [...Object.values(artifacts).flatMap(({ files }) => files)];
    const wanted = new Map<Digest, ListedFile>(
      [...listed, ...files, ...downloads].map((file) => [file.digest, file]),
    );
    let lost: string | undefined;
    await forEachBounded(wanted.values(), fetchers, async (file) => {
      if (lost === undefined && !(await this.#have(file))) lost = file.path || file.digest;
    });
    return lost;
  }

  /** Whether an object is here, or comes. Its bytes are hashed once in the life of this process. */
  async #have({ digest }: ListedFile): Promise<boolean> {
    const path = this.#store.objectPath(digest);
    if (this.#sound.has(digest) && existsSync(path)) return true;
    const isHere = existsSync(path) && (await this.#store.checkObject(digest));
    if (isHere) touch(path);
    const isSound = isHere || (await this.#link!.fetch(digest, path));
    if (isSound) this.#sound.add(digest);
    return isSound;
  }

  /** The ticket with the paths and the code of this host, or why it is refused. */
  async #localTicket(portable: PortableTicket, root: string): Promise<Ticket | TicketEnd> {
    const { ticket, hasOwnKind } = portable;
    const { software, findCode, buildKind, env } = this.#options;
    if (ticket.build !== software.build || ticket.restage !== software.restage)
      return otherCode('it has another build of Restage');
    const stage = withRoot(ticket.stage, root);
    if (hasOwnKind) {
      const { version, module } = await buildKind(stage.kind, root);
      if (version !== stage.kindVersion) return otherCode(`it builds another ${stage.kind}`);
      return { ...ticket, stage, module };
    }
    if (stage.code === undefined) return { ...ticket, stage };
    const code = await findCode(stage, root, { ...env, ...portable.env });
    const differs = describeDifference(ticket.stage.code!.sources, code.sources);
    return differs === '' ? { ...ticket, stage: { ...stage, code } } : otherCode(differs);
  }

  async #attempt(ticket: Ticket, portable: PortableTicket, work: AttemptWork): Promise<TicketEnd> {
    const { workspace, looked, folder, emit } = work;
    const { stage, fingerprint, keep } = ticket;
    const { restage } = this.#options.software;
    const versions = { restage, node: process.version };
    const checkpoint = keep ? checkpointOf(stage, fingerprint, versions) : undefined;
    if (checkpoint !== undefined && ticket.fresh) this.#store.removeCheckpoint(checkpoint);
    const base = keep ? pieceBaseOf(stage, fingerprint) : undefined;
    const artifacts = (name: string): Outputs =>
      Object.fromEntries(
        Object.entries(ticket.artifacts[name] ?? {}).map(
          ([port, digest]) => [port, portable.artifacts[digest]!] as const,
        ),
      );
    const view = viewName(this.#store.folder, shownDigest(ticket));
    try {
      using allocation = await this.#place(ticket, work).allocate(stage);
      const { result } = await allocation.run({
        workspace,
        // The run fetches outputs from the store, also those that it does not keep itself.
        stage: { ...stage, cache: true },
        number: ticket.number,
        keep,
        startedAt: Date.now(),
        work: folder.work,
        log: folder.log,
        examined: { ...ticket, looked, result: undefined },
        outputsOf: artifacts,
        checkpoint: checkpoint && this.#store.checkpointPath(checkpoint),
        pieces: base && { base, isFresh: ticket.fresh },
        emit,
      });
      return { type: 'done', result, host: hostname() };
    } catch (error) {
      if (work.stop.signal.aborted) return { type: 'stopped' };
      if (error instanceof LostLink || !(error instanceof StageFailure)) throw error;
      const message = inProject(error.message, folder, portable.root);
      return { type: error.killed ? 'killed' : 'failed', message };
    } finally {
      forgetView(view, viewFolder(folder.work));
    }
  }

  #place(ticket: Ticket, { stop, kill }: Served) {
    const { software, runProcess, idle } = this.#options;
    return localPlace({
      writeResult: async () => {}, // only the run records results
      runProcess,
      idle,
      lender: this.#lender,
      admission: this.#admission!,
      modules: new Map(ticket.module === undefined ? [] : [[ticket.stage.kind, ticket.module]]),
      checkReads: false,
      host: { restage: software.restage, gitCommit: ticket.gitCommit },
      signal: stop.signal,
      kill: kill.signal,
    });
  }
}

/** What an attempt has beside its ticket. */
interface AttemptWork extends Served {
  readonly workspace: Workspace;
  readonly looked: ReadonlyMap<string, string>;
  readonly emit: (event: StageEvent) => void;
}

/** How many objects are asked for at once: a small one takes less time than the way there. */
const fetchers = 16;

/** What a host has for stages: what is declared of it, and else what is counted. */
function capacityOf(env: Environment, { cpu, gpu, memory }: DeclaredCapacity): Share {
  const counted = machineCapacity(env, gpu);
  const cards = gpu === undefined ? counted.cards : counted.cards.slice(0, gpu);
  return {
    cpu: cpu ?? counted.cpu,
    gpu: cards.length,
    memory: memory ?? counted.memory,
    cards: cards.length > 0 ? cards : cardNames(0),
  };
}

/** A stage whose program lies in this root. */
function withRoot(stage: Stage, root: string): Stage {
  const { code } = stage;
  const placed = (item: InputItem): InputItem =>
    item.from === 'path' ? { ...item, path: join(root, item.path) } : item;
  return {
    ...stage,
    inputs: stage.inputs.map((input) => ({ ...input, items: input.items.map(placed) })),
    ...(code !== undefined && {
      code: { ...code, program: code.program === '' ? '' : join(root, code.program) },
    }),
  };
}

/** A message or an event with the paths of the project that the user knows. */
function inProject<T>(value: T, { root }: TicketFolder, project: string): T {
  const text = JSON.stringify(value);
  if (!text.includes(root)) return value;
  const outside = text.replaceAll(JSON.stringify(join(root, outsideFolder)).slice(1, -1), '');
  const quoted = (path: string) => JSON.stringify(path).slice(1, -1);
  return JSON.parse(outside.replaceAll(quoted(root), quoted(project))) as T;
}

/** Dates the last use of an object. */
function touch(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}
