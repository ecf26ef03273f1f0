import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type Dirent,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/engine/events.ts';
import type { Outcome } from '../../src/engine/store/runs/outcome.ts';
import { Gate } from './gate.ts';
import { removeBusyFolder } from './temporary-folder.ts';

export const pipeline = fileURLToPath(new URL('../../bin/pipeline.js', import.meta.url));
/** The option with which the first lines of that file start Node, wherever a test's PATH leads. */
export const asLaunched: string = /--max-[^ ]*/.exec(readFileSync(pipeline, 'utf8'))![0];

/**
 * Milliseconds after which a story fails that waits for what never comes: far longer than any lasts
 * on a busy machine.
 */
const patience = 600_000;

/** How a command ended. */
export interface Ended {
  /** The exit code, or the signal that killed it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command of ours. With `--reporter json` its events arrive as they happen. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly events: RunEvent[] = [];
  readonly #waiting: {
    matches: (event: RunEvent) => boolean;
    resolve: (event: RunEvent) => void;
    reject: (error: Error) => void;
  }[] = [];
  #stdout = '';
  #stderr = '';
  #line = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        const ended = { code: signal ?? code ?? -1, stdout: this.#stdout, stderr: this.#stderr };
        for (const { reject } of this.#waiting)
          reject(new Error(`ended before it: ${JSON.stringify(ended)}`));
        resolve(ended);
      });
    });
  }

  /**
   * The first event, past or to come, of this type and, where given, stage. Rejects when the
   * command ends before it.
   */
  async event<T extends RunEvent['type']>(
    type: T,
    stage?: string,
  ): Promise<Extract<RunEvent, { type: T }>> {
    const find = this.#find(
      (event) =>
        event.type === type && (stage === undefined || ('stage' in event && event.stage === stage)),
    );
    const event = await this.#patiently(`${type} of ${stage ?? 'the run'}`, find);
    return event as Extract<RunEvent, { type: T }>;
  }

  /** Resolves when a stage has printed a text. */
  async output(stage: string, text: string): Promise<void> {
    const find = this.#find(
      (event) =>
        event.type === 'stage-output' && event.stage === stage && event.text.includes(text),
    );
    await this.#patiently(`"${text}" of ${stage}`, find);
  }

  /**
   * Resolves when standard error holds a text, `times` times. Rejects when the command ends before
   * it.
   */
  async printed(text: string, times = 1): Promise<void> {
    const ended = this.ended.then((end) =>
      Promise.reject(new Error(`ended before it: ${JSON.stringify(end)}`)),
    );
    while (this.#stderr.split(text).length <= times) {
      const more = Promise.race([once(this.child.stderr!, 'data'), ended]);
      await this.#patiently(`"${text}", ${times} times`, more);
    }
  }

  /**
   * Rejects when what a story waits for has not come after the patience, and says what came
   * instead.
   */
  async #patiently<T>(what: string, coming: Promise<T>): Promise<T> {
    const waiting = new AbortController();
    const late = async () => {
      await delay(patience, undefined, { signal: waiting.signal });
      const came = JSON.stringify({ stdout: this.#stdout, stderr: this.#stderr });
      throw new Error(`never came: ${what}. This came: ${came}`);
    };
    try {
      return await Promise.race([coming, late()]);
    } finally {
      waiting.abort();
    }
  }

  async #find(matches: (event: RunEvent) => boolean): Promise<RunEvent> {
    const past = this.events.find(matches);
    if (past !== undefined) return past;
    return await new Promise((resolve, reject) => this.#waiting.push({ matches, resolve, reject }));
  }

  #read(text: string): void {
    this.#stdout += text;
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith('{"type"')) continue;
      const event = JSON.parse(line) as RunEvent;
      this.events.push(event);
      for (const { matches, resolve } of this.#waiting) if (matches(event)) resolve(event);
    }
  }
}

/** How a run ended, according to its events. */
export interface RanOnce extends Ended {
  readonly events: readonly RunEvent[];
  /** How each stage ended, and its message where it did not succeed. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly messages: Readonly<Record<string, string | undefined>>;
  /** Why attempts were repeated. */
  readonly retries: readonly string[];
  readonly warnings: readonly string[];
}

/** A project in a temporary folder, in which the real command line runs. Removed with `using`. */
export class Project implements Disposable {
  readonly root: string;
  /** Variables that commands get in addition to the test's own environment. */
  readonly env: Record<string, string> = { NO_COLOR: '1' };
  /** The command, of this checkout or of another installation. */
  program = pipeline;
  #user: number | undefined;
  readonly #running = new Set<Running>();
  readonly #gates: Gate[] = [];
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'restage-test-')));

  /**
   * `yaml` is `pipelines/test.yaml`; further files by their paths. `name` is that of the project's
   * folder.
   */
  constructor(yaml: string, files: Readonly<Record<string, string>> = {}, name = '.') {
    this.root = join(this.#folder, name);
    this.write('pipelines/test.yaml', yaml);
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  path(...names: readonly string[]): string {
    return join(this.root, ...names);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  /** Replaces a text in a file, and fails when it is not there. */
  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} holds no "${from}"`);
    this.write(path, text.replace(from, to));
  }

  /** Replaces a file that may be read-only, such as an object of the cache. */
  replace(path: string, text: string): void {
    rmSync(this.path(path));
    this.write(path, text);
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true });
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** Every file below a folder, relative and sorted, without reports, which every run leaves. */
  files(folder: string): readonly string[] {
    const names = this.#namesIn(folder).flatMap((entry) => {
      if (!entry.isDirectory()) return entry.isFile() ? [entry.name] : [];
      return this.files(join(folder, entry.name)).map((name) => join(entry.name, name));
    });
    return names.filter((name) => basename(name) !== 'report.html').sort();
  }

  /** Empty for a folder that is not there, or that a running stage removes just now. */
  #namesIn(folder: string): readonly Dirent[] {
    try {
      return readdirSync(this.path(folder), { withFileTypes: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /**
   * A gate `<name>` in the root; a stage waits there with `read _ < <name>` until the test lets it
   * pass.
   */
  gate(name: string): Gate {
    const gate = new Gate(this.path(name));
    this.#gates.push(gate);
    return gate;
  }

  /**
   * Runs later commands as a user to whom permissions apply: root may read and write everything.
   */
  leaveRoot(): void {
    if (process.getuid?.() !== 0) return;
    this.#user = 65534; // nobody
    execFileSync('chown', ['-R', `${this.#user}:${this.#user}`, this.#folder]);
  }

  /** Shifts the clock of later commands, so that no file looks as if it was just written. */
  letHoursPass(hours: number): void {
    const shift = `const now = Date.now; Date.now = () => now() + ${hours * 3_600_000}`;
    this.env['NODE_OPTIONS'] = `--import data:text/javascript,${encodeURIComponent(shift)}`;
  }

  /** Starts a command of ours in the project. */
  start(...argv: readonly string[]): Running {
    return this.#start(process.execPath, [asLaunched, this.program, ...argv]);
  }

  /** Starts what somebody types into a shell in the project. */
  type(line: string): Running {
    return this.#start('sh', ['-ec', line]);
  }

  #start(program: string, argv: readonly string[]): Running {
    const { FORCE_COLOR: _, ...inherited } = process.env;
    const running = new Running(
      spawn(program, argv, {
        cwd: this.root,
        env: { ...inherited, ...this.env },
        ...(this.#user !== undefined && { uid: this.#user, gid: this.#user }),
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }

  /** Runs a command of ours to its end. */
  async command(...argv: readonly string[]): Promise<Ended> {
    return await this.start(...argv).ended;
  }

  startRun(...argv: readonly string[]): Running {
    return this.start('run', 'test.yaml', '--reporter', 'json', ...argv);
  }

  /** `restage run test.yaml` to its end. */
  async run(...argv: readonly string[]): Promise<RanOnce> {
    return await endOf(this.startRun(...argv));
  }

  [Symbol.dispose](): void {
    for (const { child } of this.#running) child.kill('SIGKILL');
    for (const gate of this.#gates) gate.close();
    // Workers of a cluster end on their own after the run, and write their last words meanwhile.
    removeBusyFolder(this.#folder);
  }
}

/** Waits for the end of a started run. */
export async function endOf(running: Running): Promise<RanOnce> {
  return ranOnce(await running.ended, running.events);
}

/** What a run's events say of its end. */
export function ranOnce(ended: Ended, events: readonly RunEvent[]): RanOnce {
  const finished = events.filter((event) => event.type === 'stage-finished');
  return {
    ...ended,
    events,
    outcomes: Object.fromEntries(finished.map(({ stage, outcome }) => [stage, outcome])),
    messages: Object.fromEntries(finished.map(({ stage, message }) => [stage, message])),
    retries: events.flatMap((event) => (event.type === 'stage-retrying' ? [event.message] : [])),
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])),
  };
}
