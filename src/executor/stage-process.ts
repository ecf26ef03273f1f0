import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { cacheError } from '../cache/cache-error.ts';
import type { StageMessage, StageRequest } from './stage-protocol.ts';

/** How an attempt ended. `stack` only where the stage's own code has a bug. */
export type StageEnd =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly stack?: string };

/** A running attempt of a stage. */
export interface StageProcess {
  /** Resolves when the whole process group is gone; never rejects. */
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

/**
 * Starts attempts as child processes, each leading a process group of its own, so that one signal reaches all that a
 * stage started and a terminal's Ctrl-C reaches none of it before we do.
 *
 * `entry` is the script that calls `serveStage`.
 */
export function processStarter(entry: string): StartStage {
  return (start) => {
    const child = fork(entry, [], {
      detached: true,
      cwd: start.request.root,
      env: start.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let end: StageEnd | undefined;
    let stopped: string | undefined;

    const stop: StageProcess['stop'] = (signal, why) => {
      stopped ??= why;
      signalGroup(child.pid, signal);
    };
    const log = new Log(start.logFile, (why) => stop('SIGKILL', why));
    const timer = stopAfter(start.timeout, stop);

    child.on('message', (message: StageMessage) => {
      if (message.type === 'ready') return void child.send(start.request);
      if (message.type !== 'done' && message.type !== 'failed')
        return start.onMessage(translated(message, start.translate));
      end = message.type === 'done' ? { ok: true } : failure(message, start.translate);
      if (end.ok === false && end.stack !== undefined) log.write(`${end.stack}\n`);
      // It and whatever it left running end with this. Not by `disconnect`, after which Node tells of no 'close'.
      signalGroup(child.pid, 'SIGKILL');
    });
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        const told = start.translate(text);
        log.write(told);
        start.onOutput(told);
      });
    }

    const ended = processEnd(child).then((fallback): StageEnd => {
      clearTimeout(timer);
      log.close();
      return stopped !== undefined && end?.ok !== true ? { ok: false, message: stopped } : (end ?? fallback);
    });
    return { ended, stop };
  };
}

function stopAfter(timeout: number | undefined, stop: StageProcess['stop']): NodeJS.Timeout | undefined {
  if (timeout === undefined) return undefined;
  return setTimeout(() => stop('SIGKILL', `took longer than its timeout of ${timeout / 1000} s`), timeout);
}

/** Resolves when the process and its group are gone and its pipes are read; how it ended, if it told nothing itself. */
function processEnd(child: ChildProcess): Promise<StageEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, message: `could not be started: ${error.message}` }));
    child.once('exit', (code, signal) => {
      signalGroup(child.pid, 'SIGKILL');
      const how = `its process ended unexpectedly (${signal ?? `exit code ${code}`})`;
      const finish = () => resolve({ ok: false, message: how });
      const drained = setTimeout(finish, drainMs);
      child.once('close', () => {
        clearTimeout(drained);
        finish();
      });
    });
  });
}

type Translate = StageStart['translate'];

function translated(message: StageMessage, translate: Translate): StageMessage {
  return 'line' in message ? { ...message, line: translate(message.line) } : message;
}

function failure({ message, stack }: Extract<StageMessage, { type: 'failed' }>, translate: Translate): StageEnd {
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

/** A log file that exists only if something was printed. `onFault` is told why it cannot be written, on a full disk. */
class Log {
  readonly #path: string;
  readonly #onFault: (why: string) => void;
  #fd: number | undefined;

  constructor(path: string, onFault: (why: string) => void) {
    this.#path = path;
    this.#onFault = onFault;
  }

  write(text: string): void {
    try {
      this.#fd ??= openSync(this.#path, 'a');
      writeFileSync(this.#fd, text); // all of it, where writeSync may write a part
    } catch (error) {
      this.#onFault((cacheError(`its log ${this.#path}`, error) as Error).message);
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
