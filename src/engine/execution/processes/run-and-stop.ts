import { constants } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ownVariables } from '../../../environment.ts';
import type { Program } from '../../../stage.ts';
import { reasonOf } from '../../../user-error.ts';
import type { Resources } from '../../config/pipeline.ts';
import { jsonLines } from '../../files/read-part.ts';
import { lastError, searched } from './last-error.ts';
import { eventsFile, followLines } from './program-context.ts';
import { StageLog } from './stage-log.ts';
import {
  mostMessage,
  readMessage,
  type StageMessage,
  type StageRequest,
} from './stage-messages.ts';
import type { ProcessGone, StageProcess } from './stage-process.ts';

/** A stage's work for a process, and who listens to it. */
export interface ProcessJob extends JobSupervision {
  readonly request: StageRequest;
  readonly env: NodeJS.ProcessEnv;
  /** The variables in `env` whose values the stage declares: they are part of its fingerprint. */
  readonly declared?: readonly string[];
  readonly resources: Resources;
  /** In milliseconds. */
  readonly timeout: number | undefined;
  readonly onMessage: (message: StageMessage) => void;
  readonly onOutput: (text: string) => void;
  /** Begins to look at what a process uses; returns what ends it. Absent: nobody looks. */
  readonly watchUsage?: (pid: number) => () => void;
}

/** Where a job logs, and what ends it. */
export interface JobSupervision {
  /** The file for everything that the stage prints; made at its first line. */
  readonly log: string;
  /** Replaces private paths in what people see. */
  readonly translate: (text: string) => string;
  readonly signal: AbortSignal;
  readonly kill: AbortSignal;
}

/**
 * How a job ended. `contained`: no process lives on that could write to outputs. `loaded`: the
 * files that its program loaded, and `software` the versions of what it ran with, where these are
 * known. `killed`: by a signal from outside.
 */
export type ProcessEnd =
  | {
      readonly ok: true;
      readonly contained: boolean;
      readonly loaded?: readonly string[];
      readonly software?: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly message: string; readonly killed?: true };

type Answer =
  | { readonly ok: true; readonly memory: number | undefined }
  | Extract<ProcessEnd, { readonly ok: false }>;

/** Milliseconds in which a process may end after it was asked to. */
const grace = 5_000;

/** A job, and the process that serves it alone. */
export class Service {
  readonly #job: ProcessJob;
  readonly #process: StageProcess;
  readonly #program: Program | undefined;
  readonly #log: StageLog;
  /** The end of what was printed. */
  #printed = '';
  #hasBegun = false;
  #answer: Answer | undefined;
  #stopped: string | undefined;

  constructor(job: ProcessJob, process: StageProcess, program?: Program) {
    this.#job = job;
    this.#process = process;
    this.#program = program;
    this.#log = new StageLog(job.log, (message) => job.onMessage({ type: 'warn', message }));
  }

  /**
   * Bytes of memory that the process holds after a success; undefined if it must not serve again.
   */
  get memory(): number | undefined {
    return this.#answer?.ok === true && this.#stopped === undefined
      ? this.#answer.memory
      : undefined;
  }

  /**
   * Whether the process was gone before it received the request, so that another one may serve it.
   */
  get isLost(): boolean {
    return !this.#hasBegun && this.#answer === undefined && this.#stopped === undefined;
  }

  /** With `stay`, the process lives on after a success. */
  async run(stay = false): Promise<ProcessEnd> {
    const { timeout, signal, kill, request } = this.#job;
    const timers: NodeJS.Timeout[] = [];
    const end = () => this.#stop('SIGKILL', 'interrupted');
    const ask = () => {
      this.#stop('SIGTERM', 'interrupted');
      timers.push(setTimeout(end, grace));
    };
    if (timeout !== undefined) {
      const why = `took longer than its timeout of ${timeout / 1000} s`;
      timers.push(setTimeout(() => this.#stop('SIGKILL', why), timeout));
    }
    if (signal.aborted) ask();
    signal.addEventListener('abort', ask, { once: true });
    kill.addEventListener('abort', end, { once: true });
    let unfollow = () => {};
    const answered = new Promise<Answer>((resolve) => {
      const receive = (sent: unknown) => this.#receive(sent, resolve);
      this.#process.listener = { receive, print: (text) => this.#print(text) };
      if (this.#program !== undefined) {
        unfollow = followLines(eventsFile(request), {
          receive: (line) => this.#receiveLine(line, resolve),
          tooLong: () => this.#refuse(tooLong, resolve),
        });
      }
    });
    if (this.#program === undefined) void this.#process.request(request);
    else if (this.#program.opening !== undefined) this.#print(`${this.#program.opening}\n`);
    const { pid } = this.#process;
    const unwatch = pid === undefined ? undefined : this.#job.watchUsage?.(pid);
    const gone = await this.#over(answered, stay);
    unwatch?.();
    unfollow();
    signal.removeEventListener('abort', ask);
    kill.removeEventListener('abort', end);
    for (const timer of timers) clearTimeout(timer);
    this.#process.listener = undefined;
    this.#log.close();
    return this.#end(gone);
  }

  /**
   * Resolves when the job sends nothing more, with how its process ended; undefined if that lives
   * on.
   */
  async #over(answered: Promise<Answer>, stay: boolean): Promise<ProcessGone | undefined> {
    const answer = await Promise.race([answered, this.#process.ended.then(() => undefined)]);
    if (answer?.ok !== true || !stay) {
      // Ends it with whatever it left running.
      if (answer !== undefined) this.#process.signal('SIGKILL');
      return await this.#process.ended;
    }
    // What it printed before its answer lies in its pipes, which are read in one turn.
    await nextTurn();
    return undefined;
  }

  #end(gone: ProcessGone | undefined): ProcessEnd {
    const contained = gone === undefined || ('contained' in gone && gone.contained);
    const endedWell =
      this.#program !== undefined && gone !== undefined && 'code' in gone && gone.code === 0;
    if (this.#answer?.ok ?? endedWell) return { ok: true, contained };
    if (this.#stopped !== undefined) return { ok: false, message: this.#stopped };
    if (this.#answer !== undefined) return this.#answer;
    if (gone === undefined)
      throw new Error('Internal error: a process that lives has not answered');
    if ('error' in gone)
      return { ok: false, message: `could not be started: ${reasonOf(gone.error)}` };
    const { code } = gone;
    const signal = gone.signal ?? signalOf(code);
    const killed = (signal === 'SIGKILL' || signal === 'SIGTERM') && ({ killed: true } as const);
    if (this.#program === undefined) {
      const message = `its process ended unexpectedly (${gone.signal ?? `exit code ${code}`})`;
      return { ok: false, message, ...killed };
    }
    const exit = `exited with code ${code}${signal === undefined ? '' : ` (${signal})`}`;
    const how = code === null ? `was killed by ${signal}` : exit;
    const why = lastError(this.#printed);
    const message = `${how}: ${this.#program.title}`;
    return { ok: false, message: why === undefined ? message : `${why}\n${message}`, ...killed };
  }

  /** A message of a program. It need not say that it is done, since it ends by itself. */
  #receiveLine(line: string, answered: (answer: Answer) => void): void {
    const message = readMessage(jsonLines(line)[0]);
    if (message === undefined || notOfPrograms.includes(message.type)) {
      const excerpt = line.length > 200 ? `${line.slice(0, 199)}…` : line;
      this.#refuse(
        `wrote a line to ${ownVariables.events} that is not a message: ${excerpt}`,
        answered,
      );
      return;
    }
    if (message.type === 'info') this.#print(`${message.message}\n`);
    if (message.type === 'warn') this.#print(`warning: ${message.message}\n`);
    this.#receive(message, answered);
  }

  #receive(sent: unknown, answered: (answer: Answer) => void) {
    const { request, translate, onMessage } = this.#job;
    if (this.#answer !== undefined) return;
    const message = readMessage(sent);
    if (message === undefined) return this.#refuse(strayMessage(request.kind, sent), answered);
    if (message.type === 'failed') return this.#fail(message, answered);
    if (Buffer.byteLength(JSON.stringify(message)) > mostMessage)
      return this.#refuse(tooLong, answered);
    switch (message.type) {
      case 'ready':
        return;
      case 'begun':
        this.#hasBegun = true;
        return;
      case 'log':
        return this.#print(`${message.message}\n`);
      case 'info':
      case 'warn':
        return onMessage({ ...message, message: translate(message.message) });
      case 'done':
        this.#answer = { ok: true, memory: message.memory };
        return answered(this.#answer);
      default:
        return onMessage(message);
    }
  }

  #fail(
    { message, stack }: Extract<StageMessage, { type: 'failed' }>,
    answered: (answer: Answer) => void,
  ): void {
    const { translate } = this.#job;
    if (stack !== undefined) this.#log.write(`${translate(stack)}\n`);
    const cut =
      message.length > longestFailure ? `${message.slice(0, longestFailure - 1)}…` : message;
    this.#refuse(translate(cut), answered);
  }

  /** Fails the stage for what it sent, unless it has answered. */
  #refuse(message: string, answered: (answer: Answer) => void): void {
    this.#answer ??= { ok: false, message };
    answered(this.#answer);
  }

  #print(text: string): void {
    const translated = this.#job.translate(text);
    this.#log.write(translated);
    this.#printed = (this.#printed + translated).slice(-searched);
    this.#job.onOutput(translated);
  }

  #stop(signal: 'SIGTERM' | 'SIGKILL', why: string): void {
    this.#stopped ??= why;
    this.#process.signal(signal);
  }
}

/** A program begins when it is started, and is done when it ends. */
const notOfPrograms: readonly StageMessage['type'][] = ['ready', 'begun', 'done'];
/** Characters of the reason of a failure, which every report repeats. */
const longestFailure = 10_000;
const tooLong = 'sent a message of more than 1 MiB to Restage: write large values to an output';

/** A shell exits with 128 plus the number of the signal that killed its program. */
const signalOf = (code: number | null): string | undefined =>
  Object.entries(constants.signals).find(([, number]) => number === (code ?? 0) - 128)?.[0];

function strayMessage(kind: string, sent: unknown): string {
  const excerpt = inspect(sent, {
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 40,
    maxArrayLength: 4,
  });
  return `the kind ${kind} sent ${excerpt} to Restage by process.send. That channel is Restage's own: use the context instead`;
}
