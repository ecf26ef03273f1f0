import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { writeError } from '../files/write-error.ts';
import { readMessage, type StageMessage, type StageRequest } from './stage-messages.ts';
import { type WatchedProcesses, Watcher } from './watcher.ts';

/**
 * How an attempt ended. `contained`: no process of it lives on, so nobody can write to its outputs any more. `stack` only
 * where the stage's own code has a bug.
 */
export type StageEnd =
  | { readonly ok: true; readonly contained: boolean }
  | { readonly ok: false; readonly message: string; readonly stack?: string };

type Failed = Extract<StageEnd, { readonly ok: false }>;

/** A running attempt of a stage. */
export interface StageProcess {
  /** Resolves when all processes of the attempt are gone, as far as they can be found; never rejects. */
  readonly ended: Promise<StageEnd>;
  /** Asks to end (`SIGTERM`), or ends at once (`SIGKILL`): the whole group either way. */
  stop(signal: 'SIGTERM' | 'SIGKILL', why: string): void;
}

export interface StageStart {
  readonly request: StageRequest;
  readonly env: NodeJS.ProcessEnv;
  /** Everything the stage prints; created when it first does. */
  readonly logFile: string;
  /** Of this attempt, in milliseconds. */
  readonly timeout: number | undefined;
  /** Applied to every text of the stage. */
  readonly translate: (text: string) => string;
  readonly onMessage: (message: StageMessage) => void;
  readonly onOutput: (text: string) => void;
}

export type StartStage = (start: StageStart) => StageProcess;

/** A pipe that a stray grandchild keeps open is not waited for longer than this. */
const drainMs = 500;

/** The watcher of this process, which is one run. */
const watcher = new Watcher();

/**
 * Starts attempts as child processes, each leading a process group of its own, so that one signal reaches all that a
 * stage started and a terminal's Ctrl-C reaches none of it before we do. What leaves the group the {@link Watcher} finds.
 *
 * `entry` is the script that calls `serveStage`.
 */
export function processStarter(entry: string): StartStage {
  return (start) => {
    const { request, translate, onMessage, onOutput } = start;
    const child = fork(entry, [], {
      detached: true,
      cwd: request.root,
      env: start.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const watched = child.pid === undefined ? undefined : watcher.watch(child.pid);
    let answer: { readonly ok: true } | Failed | undefined;
    let stopped: string | undefined;

    const stop: StageProcess['stop'] = (signal, why) => {
      stopped ??= why;
      signalGroup(child.pid, signal);
    };
    // It starts nothing before this, so nothing that it starts is unwatched. A failure is told by its end.
    const ask = async () => {
      await watched;
      child.send(request, () => {});
    };
    const log = new Log(start.logFile, (line) => onMessage({ type: 'warn', message: line }));
    const print = (text: string) => {
      const shown = translate(text);
      log.write(shown);
      onOutput(shown);
    };
    const timer = stopAfter(start.timeout, stop);

    child.on('message', (sent: unknown) => {
      const message = readMessage(sent);
      if (message === undefined) {
        answer ??= { ok: false, message: strayMessage(request.kind, sent) };
        return signalGroup(child.pid, 'SIGKILL');
      }
      if (message.type === 'ready') return void ask();
      if (answer !== undefined) return;
      if (message.type === 'log') return print(`${message.message}\n`);
      if (message.type !== 'done' && message.type !== 'failed') return onMessage(translated(message, translate));
      answer = message.type === 'done' ? { ok: true } : failure(message, translate);
      if (!answer.ok && answer.stack !== undefined) log.write(`${answer.stack}\n`);
      // It and whatever it left running end with this. Not by `disconnect`, after which Node tells of no 'close'.
      signalGroup(child.pid, 'SIGKILL');
    });
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', print);
    }

    const ended = processEnd(child, watched).then(({ how, contained }): StageEnd => {
      clearTimeout(timer);
      log.close();
      if (answer?.ok === true) return { ok: true, contained };
      return stopped === undefined ? (answer ?? { ok: false, message: how }) : { ok: false, message: stopped };
    });
    return { ended, stop };
  };
}

function strayMessage(kind: string, sent: unknown): string {
  const shown = inspect(sent, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: 40, maxArrayLength: 4 });
  return `the kind ${kind} sent ${shown} to Restage by process.send. That channel is Restage's own: tell things by the context`;
}

function stopAfter(timeout: number | undefined, stop: StageProcess['stop']): NodeJS.Timeout | undefined {
  if (timeout === undefined) return undefined;
  return setTimeout(() => stop('SIGKILL', `took longer than its timeout of ${timeout / 1000} s`), timeout);
}

/** Resolves when the processes are gone and their pipes are read: how it ended, should it not have told that itself. */
function processEnd(
  child: ChildProcess,
  watched: Promise<WatchedProcesses> | undefined,
): Promise<{ readonly how: string; readonly contained: boolean }> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ how: `could not be started: ${error.message}`, contained: false }));
    const closed = new Promise((done) => child.once('close', done));
    child.once('exit', async (code, signal) => {
      signalGroup(child.pid, 'SIGKILL');
      const contained = (await (await watched)?.end()) ?? false;
      await Promise.race([closed, delay(drainMs, undefined, { ref: false })]);
      for (const pipe of [child.stdout, child.stderr]) pipe?.destroy(); // a child that lives on would keep this process
      resolve({ how: `its process ended unexpectedly (${signal ?? `exit code ${code}`})`, contained });
    });
  });
}

type Translate = StageStart['translate'];

function translated(message: StageMessage, translate: Translate): StageMessage {
  return 'message' in message ? { ...message, message: translate(message.message) } : message;
}

function failure({ message, stack }: Extract<StageMessage, { type: 'failed' }>, translate: Translate): Failed {
  const told = translate(message);
  return stack === undefined ? { ok: false, message: told } : { ok: false, message: told, stack: translate(stack) };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

/**
 * A log file that exists only if something was printed. On a full disk it ends early, after `warn` is told so: hours of
 * work are worth more than their log.
 */
class Log {
  readonly #path: string;
  readonly #warn: (line: string) => void;
  #fd: number | undefined;
  #isCut = false;

  constructor(path: string, warn: (line: string) => void) {
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
      this.#warn(`${message} The stage goes on, and its log ends there.`);
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
