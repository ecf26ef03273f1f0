import { type ChildProcess, spawn } from 'node:child_process';
import { type Digest, isDigest } from '../../../digest.ts';
import type { Environment } from '../../../environment.ts';
import { shellQuote } from '../../../shell/shell-quote.ts';
import type { StageEvent } from '../../events.ts';
import { type HostsSpec, hostForm } from '../place-spec.ts';
import type { Software } from '../ticket.ts';
import type { HostEnd } from './after-host-end.ts';
import { HostLink } from './host-link.ts';
import { type FromWorker, greeting, type HostFacts, type ToWorker } from './host-messages.ts';
import type { PackedTicket } from './portable-ticket.ts';

/** One host of a place. */
export type HostSpec = HostsSpec['hosts'][number];

/** The end of a ticket, with the object of its log. */
export interface ToldEnd {
  readonly end: HostEnd;
  readonly log?: Digest | undefined;
}

/** A ticket that a host has. */
interface OpenTicket {
  readonly emit: (event: StageEvent) => void;
  readonly resolve: (end: ToldEnd) => void;
}

export interface SshHostOptions {
  readonly place: HostsSpec;
  readonly host: HostSpec;
  /** Names the run. */
  readonly run: string;
  /** Where `ssh` is found, and what it knows of the user. */
  readonly env: Environment;
  readonly software: Pick<Software, 'restage' | 'build'>;
  /** In milliseconds: the silence after which either side counts as gone. */
  readonly silence: number;
}

/**
 * Why a host is not used. `final`: it is not asked again in this run, since only somebody can mend
 * it.
 */
export interface Refusal {
  readonly message: string;
  readonly final: boolean;
}

/** Milliseconds in which a worker must say what its host has, once `ssh` was started. */
const greetingPatience = 60_000;
/** Bytes that a login may print before the worker. */
const longestBanner = 64 * 1024;

/**
 * One `ssh` to a host, with a worker behind it. Its states:
 *
 *     starting   the worker says what it has, with our build      → ready
 *     starting   it has another build, `ssh` is refused           → ended, for good
 *     starting   `ssh` ends, or nothing is said for a minute      → ended
 *     ready      the connection ends, or is silent for `silence`  → ended: its tickets are lost
 *
 * Whoever wants the host again opens another one.
 */
export class SshHost {
  readonly name: string;
  readonly #options: SshHostOptions;
  readonly #child: ChildProcess;
  readonly #open = new Map<number, OpenTicket>();
  /** What the host may read of this machine: what its tickets name. */
  readonly #sources = new Map<Digest, string>();
  #link: HostLink<ToWorker, FromWorker> | undefined;
  #said = '';
  #lastId = 0;
  #resolveReady: (facts: HostFacts | Refusal) => void = () => {};
  #resolveEnded: (refusal: Refusal) => void = () => {};
  /** What the host has, or why it is not used. */
  readonly ready: Promise<HostFacts | Refusal>;
  /** Resolves when it cannot be used any more. */
  readonly ended: Promise<Refusal>;

  constructor(options: SshHostOptions) {
    const { host, place, env } = options;
    this.name = host.host;
    this.#options = options;
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    void this.ended.then((refusal) => this.#resolveReady(refusal));
    // Its own group: Ctrl-C is for this process, which asks the stages to end.
    this.#child = spawn('ssh', sshWords(host.host, place), {
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdin!.on('error', () => {}); // it has ended, as `close` tells
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    this.#child.on('error', (error) =>
      this.#end({ message: `ssh cannot be started: ${error.message}`, final: true }),
    );
    this.#child.on('close', () => this.#end(this.#explainEnd()));
    const timer = setTimeout(
      () => this.#end({ message: 'its worker did not answer in time', final: false }),
      greetingPatience,
    );
    void this.ready.then(() => clearTimeout(timer));
    void this.#awaitGreeting();
  }

  /** Gives a ticket to the host. Resolves with its end, in any case. */
  async serve(
    { ticket, sources }: PackedTicket,
    emit: (event: StageEvent) => void,
    signals: { readonly stop: AbortSignal; readonly kill: AbortSignal },
  ): Promise<ToldEnd & { readonly id: number }> {
    this.#lastId += 1;
    const id = this.#lastId;
    for (const [digest, path] of sources) this.#sources.set(digest, path);
    const stop = () => this.#link?.send({ type: 'stop', id, kill: false });
    const kill = () => this.#link?.send({ type: 'stop', id, kill: true });
    const end = new Promise<ToldEnd>((resolve) => {
      this.#open.set(id, { emit, resolve });
      this.#link!.send({ type: 'ticket', id, ticket });
    });
    signals.stop.addEventListener('abort', stop, { once: true });
    signals.kill.addEventListener('abort', kill, { once: true });
    if (signals.stop.aborted) stop();
    const lost = this.ended.then(
      ({ message }): ToldEnd => ({ end: { type: 'host lost', message } }),
    );
    const told = await Promise.race([end, lost]);
    signals.stop.removeEventListener('abort', stop);
    signals.kill.removeEventListener('abort', kill);
    this.#open.delete(id);
    return { ...told, id };
  }

  /** Fetches an object to a path that ends with its digest. False if it is not as promised. */
  fetch(digest: Digest, path: string): Promise<boolean> {
    return this.#link!.fetch(digest, path);
  }

  /** Lets the host forget a ticket. */
  finish(id: number): void {
    this.#link?.send({ type: 'finish', id });
  }

  /** Ends the connection, and with it the worker and its stages. */
  close(): void {
    this.#end({ message: 'the run is over', final: true });
  }

  /** Waits for the greeting, which may stand behind a banner, and says hello. */
  async #awaitGreeting(): Promise<void> {
    const output = this.#child.stdout!;
    let received = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const at = received.indexOf(greeting);
      if (at < 0 && received.length > longestBanner)
        this.#end({ message: 'it prints other things than a worker does', final: true });
      if (at < 0) return;
      output.off('data', read);
      output.pause();
      this.#begin(received.subarray(at + Buffer.byteLength(greeting)));
    };
    output.on('data', read);
  }

  #begin(first: Buffer): void {
    const { run, silence, host } = this.#options;
    const { cpu, gpu, memory } = host;
    this.#link = new HostLink<ToWorker, FromWorker>(
      {
        input: this.#child.stdout!,
        output: this.#child.stdin!,
        silence,
        sourceOf: (digest) => this.#sources.get(digest),
        receive: (message) => this.#receive(message),
        ended: (reason) => this.#end({ message: reason, final: false }),
      },
      first,
    );
    this.#link.send({
      type: 'hello',
      run: `${run} ${host.host}`,
      capacity: { cpu, gpu, memory },
      silence,
    });
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#compare(message);
        return;
      case 'event':
        this.#open.get(message.id)?.emit(message.event);
        return;
      case 'end':
        this.#open.get(message.id)?.resolve(checkedEnd(message));
        return;
      default:
        return; // of a host that says more than it should
    }
  }

  /** Starting → ready, where the host has the Restage that decides here. */
  #compare(facts: HostFacts): void {
    const { restage, build } = this.#options.software;
    if (facts.restage === restage && facts.build === build) {
      this.#resolveReady(facts);
      return;
    }
    const which = facts.restage === restage ? 'another build of it' : facts.restage;
    this.#end({
      message: `it has Restage ${which}, and this machine ${restage}: install the same on both`,
      final: true,
    });
  }

  #end(refusal: Refusal): void {
    this.#resolveEnded(refusal);
    this.#link?.close(refusal.message);
    this.#child.kill('SIGKILL'); // the worker sees the end of its input, or nothing any more
    this.#child.unref();
  }

  #explainEnd(): Refusal {
    const last = this.#said.trim().split('\n').at(-1) || 'the connection ended';
    const remedy = remedies.find(([pattern]) => pattern.test(this.#said))?.[1];
    if (remedy === undefined) return { message: last, final: false };
    return { message: `${last}: ${remedy.replaceAll('HOST', this.name)}`, final: true };
  }
}

/** The end that a host told, as far as it is one: the host may send anything. */
function checkedEnd({ end, log }: Extract<FromWorker, { type: 'end' }>): ToldEnd {
  const { type, message } = end as { readonly type?: unknown; readonly message?: unknown };
  const isEnd =
    type === 'done' || type === 'stopped' || (tellsWhy.has(type) && typeof message === 'string');
  return {
    end: isEnd ? end : { type: 'failed', message: 'its host sent an end that is none' },
    log: isDigest(log) ? log : undefined,
  };
}

const tellsWhy: ReadonlySet<unknown> = new Set(['failed', 'killed', 'refused']);

/** What to do about refusals. */
const remedies: readonly (readonly [said: RegExp, remedy: string])[] = [
  [
    /Host key verification failed/,
    'type `ssh HOST` once, and accept its key if it is the right one',
  ],
  [
    /Permission denied|Too many authentication failures/,
    '`ssh HOST` must connect without a question, by a key',
  ],
  [/Could not resolve hostname/, 'correct `hosts` in places.yaml, or your ~/.ssh/config'],
  [
    /not found|No such file or directory/,
    'install Restage on HOST, and say by `restage` or `setup` of the place how it is started there',
  ],
  [/belongs to someone else/, 'name another folder by `folder` of the place'],
];

/** The words of the command that starts a worker. A host gets no agent, no display and no port. */
export function sshWords(host: string, place: HostsSpec): readonly string[] {
  const [, destination = '', port] = hostForm.exec(host) ?? [];
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=15',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=3',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'ControlMaster=no',
  ].flatMap((option) => ['-o', option]);
  const ports = port === undefined ? [] : ['-p', port];
  const bare = destination.replace(/\[(.*)\]$/, '$1');
  return ['-T', ...options, ...ports, '--', bare, workerCommand(place)];
}

/** What the login shell of a host, whichever it is, runs. */
function workerCommand({ setup, container, restage, folder }: HostsSpec): string {
  const words = [...container, ...restage, 'worker', folder].map(shellQuote).join(' ');
  return `exec sh -c ${shellQuote([...setup, `exec ${words}`].join('\n'))}`;
}
