import { type ChildProcess, fork, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type MakeProgram, type Program, type ProgramContext, StageError } from '../../stage.ts';
import { writeError } from '../files/write-error.ts';
import { programContext } from './program-context.ts';
import { readMessage, type StageMessage, type StageRequest } from './stage-messages.ts';
import { type WatchedProcesses, Watcher } from './watcher.ts';

/** What a stage's process is started with, and who listens to it. */
export interface ProcessJob {
  readonly request: StageRequest;
  readonly env: NodeJS.ProcessEnv;
  /** The file for everything that the stage prints; made at its first line. */
  readonly log: string;
  /** In milliseconds. */
  readonly timeout: number | undefined;
  readonly translate: (text: string) => string;
  readonly onMessage: (message: StageMessage) => void;
  readonly onOutput: (text: string) => void;
  readonly signal: AbortSignal;
  readonly kill: AbortSignal;
}

/** How a stage's process ended. `contained`: no process of it lives on that could write to outputs. `stack`: a bug. */
export type ProcessEnd =
  | { readonly ok: true; readonly contained: boolean }
  | { readonly ok: false; readonly message: string; readonly stack?: string };

/** Runs a stage's process until all its processes are gone, as far as they can be found. Never rejects. */
export type RunProcess = (job: ProcessJob) => Promise<ProcessEnd>;

/** After it was asked to end, a process has this long, in milliseconds. */
const grace = 5_000;
/** A pipe that a stray grandchild keeps open is waited for this long, in milliseconds. */
const drain = 500;

const watcher = new Watcher();

/** Finds what makes the program of a kind; gives undefined for a kind that runs in a process of Restage's own. */
export type LoadProgram = (kind: string, module: string | undefined) => Promise<MakeProgram<never> | undefined>;

/**
 * Runs stages as child processes, each leading a process group, so that a terminal's Ctrl-C reaches only the runner.
 * What leaves the group the {@link Watcher} finds. `entry` calls `serveStage`, for kinds that are no program.
 */
export const processRunner =
  (entry: string, loadProgram: LoadProgram): RunProcess =>
  async (job) => {
    const { request } = job;
    try {
      const makeProgram = await loadProgram(request.kind, request.module);
      const program = makeProgram?.(programContext(request) as ProgramContext<never>);
      return await new StageProcess(entry, job, program).run();
    } catch (error) {
      const { message, stack } = error as Error;
      return { ok: false, message: job.translate(message), ...(!(error instanceof StageError) && { stack: stack! }) };
    }
  };

/** A program starts once it is watched. If the runner dies before that, the gate reads the end of its input and exits. */
const gate = ['-c', 'read -r go && exec "$@" </dev/null', 'sh'];

class StageProcess {
  readonly #job: ProcessJob;
  readonly #program: Program | undefined;
  readonly #child: ChildProcess;
  readonly #watched: Promise<WatchedProcesses> | undefined;
  readonly #log: Log;
  #answer: { readonly ok: true } | Extract<ProcessEnd, { readonly ok: false }> | undefined;
  #stopped: string | undefined;

  constructor(entry: string, job: ProcessJob, program: Program | undefined) {
    this.#job = job;
    this.#program = program;
    this.#log = new Log(job.log, (message) => job.onMessage({ type: 'warn', message }));
    const options = { detached: true, cwd: job.request.root, env: job.env };
    this.#child =
      program === undefined
        ? fork(entry, [], { ...options, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
        : spawn('/bin/sh', [...gate, ...program.argv], { ...options, stdio: 'pipe' });
    this.#watched = this.#child.pid === undefined ? undefined : watcher.watch(this.#child.pid);
    if (program !== undefined) void this.#openGate();
    this.#child.on('message', (sent) => this.#receive(sent));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#print(text));
    }
  }

  async run(): Promise<ProcessEnd> {
    const { timeout, signal, kill } = this.#job;
    const timers: NodeJS.Timeout[] = [];
    const end = () => this.#stop('SIGKILL', 'interrupted');
    const ask = () => {
      this.#stop('SIGTERM', 'interrupted');
      timers.push(setTimeout(end, grace));
    };
    if (timeout !== undefined) {
      timers.push(
        setTimeout(() => this.#stop('SIGKILL', `took longer than its timeout of ${timeout / 1000} s`), timeout),
      );
    }
    if (signal.aborted) ask();
    signal.addEventListener('abort', ask, { once: true });
    kill.addEventListener('abort', end, { once: true });
    const { how, contained } = await this.#gone();
    signal.removeEventListener('abort', ask);
    kill.removeEventListener('abort', end);
    for (const timer of timers) clearTimeout(timer);
    this.#log.close();
    if (this.#answer?.ok === true) return { ok: true, contained };
    if (this.#stopped !== undefined) return { ok: false, message: this.#stopped };
    return this.#answer ?? { ok: false, message: how };
  }

  #receive(sent: unknown) {
    const { request, translate, onMessage } = this.#job;
    const message = readMessage(sent);
    if (message === undefined) {
      this.#answer ??= { ok: false, message: strayMessage(request.kind, sent) };
      return this.#signal('SIGKILL');
    }
    if (message.type === 'ready') return void this.#request();
    if (this.#answer !== undefined) return;
    switch (message.type) {
      case 'log':
        return this.#print(`${message.message}\n`);
      case 'info':
      case 'warn':
        return onMessage({ ...message, message: translate(message.message) });
      case 'failed': {
        const stack = message.stack === undefined ? undefined : translate(message.stack);
        if (stack !== undefined) this.#log.write(`${stack}\n`);
        this.#answer = { ok: false, message: translate(message.message), ...(stack !== undefined && { stack }) };
        return this.#signal('SIGKILL');
      }
      case 'done':
        this.#answer = { ok: true };
        // It and whatever it left running end with this. Not by `disconnect`, after which Node reports no 'close'.
        return this.#signal('SIGKILL');
      default:
        return onMessage(message);
    }
  }

  async #openGate(): Promise<void> {
    this.#child.stdin!.on('error', () => {}); // it was killed: its end says so
    await this.#watched;
    this.#child.stdin!.end('\n');
  }

  /** It starts nothing before this, so nothing that it starts is unwatched. Its end tells of a failure. */
  async #request(): Promise<void> {
    await this.#watched;
    this.#child.send(this.#job.request, () => {});
  }

  #print(text: string): void {
    const shown = this.#job.translate(text);
    this.#log.write(shown);
    this.#job.onOutput(shown);
  }

  #stop(signal: 'SIGTERM' | 'SIGKILL', why: string): void {
    this.#stopped ??= why;
    this.#signal(signal);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#program === undefined) return `its process ended unexpectedly (${signal ?? `exit code ${code}`})`;
    const how = code === null ? `was killed by ${signal}` : `exited with code ${code}${ofSignal(code)}`;
    return `${how}: ${this.#program.title}`;
  }

  /** Resolves when the processes are gone and their pipes are read: how it ended, for the case that it does not say so itself. */
  #gone(): Promise<{ readonly how: string; readonly contained: boolean }> {
    const child = this.#child;
    return new Promise((resolve) => {
      child.on('error', (error) => resolve({ how: `could not be started: ${error.message}`, contained: false }));
      const closed = new Promise((done) => child.once('close', done));
      child.once('exit', async (code, signal) => {
        this.#signal('SIGKILL');
        const contained = (await (await this.#watched)?.end()) ?? false;
        await Promise.race([closed, delay(drain, undefined, { ref: false })]);
        for (const pipe of [child.stdout, child.stderr]) pipe?.destroy(); // a child that lives on would keep this process
        if (this.#program !== undefined && code === 0) this.#answer = { ok: true };
        resolve({ how: this.#describeEnd(code, signal), contained });
      });
    });
  }
}

/** A shell exits with 128 plus the number of the signal that killed its program. */
function ofSignal(code: number): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return name === undefined ? '' : ` (${name})`;
}

function strayMessage(kind: string, sent: unknown): string {
  const shown = inspect(sent, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: 40, maxArrayLength: 4 });
  return `the kind ${kind} sent ${shown} to Restage by process.send. That channel is Restage's own: use the context instead`;
}

/** A log file, made at its first line. On a full disk it ends with a warning: the work is worth more than its log. */
class Log {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  #fd: number | undefined;
  #isCut = false;

  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  write(text: string): void {
    if (this.#isCut) return;
    try {
      this.#fd ??= openSync(this.#path, 'a');
      writeFileSync(this.#fd, text); // all of it, where writeSync may write a part
    } catch (error) {
      this.#isCut = true;
      const { message } = writeError(`its log ${this.#path}`, error) as Error;
      this.#warn(`${message} The stage continues, and its log ends there.`);
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
