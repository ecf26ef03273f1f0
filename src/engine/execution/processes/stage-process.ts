import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from '../../../stage.ts';
import type { Worker } from './idle-workers.ts';
import { gate, type WatchedProcesses, Watcher } from './process-watcher.ts';
import type { StageRequest } from './stage-messages.ts';

/** How a process ended. `contained`: certainly no process that it started lives on. */
export type ProcessGone =
  | {
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly contained: boolean;
    }
  | { readonly error: Error };

/** Receives what a process sends and prints. */
export interface ProcessListener {
  /** `sent` is whatever the process sent over its channel, except that it is ready. */
  receive(sent: unknown): void;
  print(text: string): void;
}

/** Milliseconds to wait for a pipe that a stray grandchild keeps open. */
const drain = 500;

const watcher = new Watcher();

/**
 * The options of Node that a process of stages inherits: not those that name the program of this
 * process, as `node -e` does, and not the one for a run that waits.
 */
export function inheritedOptions(execArgv: readonly string[]): readonly string[] {
  const evaluated = execArgv.findIndex((option) => /^(-e|-p|-pe|--eval|--print)$/.test(option));
  const options = evaluated < 0 ? execArgv : execArgv.toSpliced(evaluated, 2);
  return options.filter(
    (option) => !/^--(max-semi|eval=|print=|input-type|inspect|test|watch)/.test(option),
  );
}

/**
 * A child process that serves stages. It leads a process group; what leaves the group the
 * {@link Watcher} finds.
 */
export class StageProcess implements Worker {
  readonly #child: ChildProcess;
  readonly #watched: WatchedProcesses | undefined;
  readonly #ready: Promise<void>;
  readonly ended: Promise<ProcessGone>;
  /** Undefined while it serves nothing. */
  listener: ProcessListener | undefined;

  private constructor(
    argv: readonly string[],
    cwd: string,
    env: NodeJS.ProcessEnv,
    stdio: StdioOptions,
  ) {
    const mark = watcher.newMark();
    const child = spawn('/bin/sh', [...gate(mark), ...argv], { detached: true, cwd, env, stdio });
    this.#child = child;
    this.#watched = child.pid === undefined ? undefined : watcher.watch(child.pid, mark);
    // It has no pipes if it could not be started for lack of file descriptors.
    child.stdin?.on('error', () => {}); // it was killed: its end says so
    child.stdin?.end('\n');
    this.#ready = new Promise((resolve) => {
      child.on('message', (sent) => {
        if ((sent as { readonly type?: unknown } | null)?.type === 'ready') resolve();
        else this.listener?.receive(sent);
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.listener?.print(text));
    }
    this.ended = this.#end();
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts a process that sends `ready`, and then awaits requests. */
  static serving(entry: string, cwd: string, env: NodeJS.ProcessEnv): StageProcess {
    const argv = [process.execPath, ...inheritedOptions(process.execArgv), entry];
    return new StageProcess(argv, cwd, env, ['pipe', 'pipe', 'pipe', 'ipc']);
  }

  /** Starts a program, without a channel for messages. */
  static program({ argv }: Program, cwd: string, env: NodeJS.ProcessEnv): StageProcess {
    return new StageProcess(argv, cwd, env, 'pipe');
  }

  /** Sends a request once the process is ready. A failure shows in its end. */
  async request(request: StageRequest): Promise<void> {
    await this.#ready;
    this.#child.send(request, () => {});
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  async kill(): Promise<void> {
    // Not by `disconnect`, after which Node reports no 'close'.
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Resolves when the processes are gone and their pipes are read. */
  #end(): Promise<ProcessGone> {
    const child = this.#child;
    return new Promise((resolve) => {
      child.on('error', (error) => resolve({ error }));
      const closed = new Promise((done) => child.once('close', done));
      child.once('exit', async (code, signal) => {
        this.signal('SIGKILL');
        const contained = (await this.#watched?.end()) ?? false;
        await Promise.race([closed, delay(drain, undefined, { ref: false })]);
        // A child that lives on would keep this process.
        for (const pipe of [child.stdout, child.stderr]) pipe?.destroy();
        resolve({ code, signal, contained });
      });
    });
  }
}
