import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/engine/events.ts';
import { asLaunched, type Ended, Project, pipeline, type RanOnce, ranOnce } from './rig.ts';

const program = fileURLToPath(new URL('command-host.mjs', import.meta.url));

/** A process that runs commands of ours one after the other, without starting Node for each. */
class CommandHost {
  readonly #child: ChildProcess;
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#child = fork(program, {
      execArgv: [asLaunched],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#release();
  }

  async run(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
    const ended = this.#last.then(async () => await this.#ask({ argv, cwd, env }));
    this.#last = ended.catch(() => {});
    return await ended;
  }

  async #ask(command: object): Promise<Ended> {
    const waiting = new AbortController();
    this.#child.ref();
    this.#child.channel!.ref();
    try {
      const { signal } = waiting;
      const answer = once(this.#child, 'message', { signal });
      const died = once(this.#child, 'exit', { signal }).then(([code, killed]) => {
        throw new Error(`the host of commands ended with ${killed ?? code}`);
      });
      this.#child.send(command);
      const [ended] = (await Promise.race([answer, died])) as [Ended];
      return ended;
    } finally {
      waiting.abort();
      this.#release();
    }
  }

  /** Between commands it keeps no test waiting, and ends with the test's process. */
  #release(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }
}

let host: CommandHost | undefined;

/**
 * A project whose commands run in one process that has loaded Restage already, which takes a tenth
 * of the time. Where a command is to start, end or remember as a process of its own, `start` starts
 * one, as in any other project. So do commands with a user or with options of Node of their own.
 */
export class HostedProject extends Project {
  #isRoot = true;

  override leaveRoot(): void {
    super.leaveRoot();
    this.#isRoot = false;
  }

  override async command(...argv: readonly string[]): Promise<Ended> {
    const isOrdinary = this.#isRoot && this.program === pipeline && !('NODE_OPTIONS' in this.env);
    if (!isOrdinary) return await super.command(...argv);
    host ??= new CommandHost();
    const { FORCE_COLOR: _, ...inherited } = process.env;
    return await host.run(argv, this.root, { ...inherited, ...this.env });
  }

  override async run(...argv: readonly string[]): Promise<RanOnce> {
    const ended = await this.command('run', 'test.yaml', '--reporter', 'json', ...argv);
    const lines = ended.stdout.split('\n').filter((line) => line.startsWith('{"type"'));
    return ranOnce(
      ended,
      lines.map((line) => JSON.parse(line) as RunEvent),
    );
  }
}
