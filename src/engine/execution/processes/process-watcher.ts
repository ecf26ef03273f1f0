import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readText } from '../../files/read-part.ts';

/** The processes with one mark. */
export interface WatchedProcesses {
  /** Kills those that are left. True if certainly none lives on. */
  end(): Promise<boolean>;
}

/**
 * Milliseconds in which killed processes must end. A process that waits for a dead network disk
 * takes longer.
 */
const patience = 5_000;

/** Sets a mark in any `sh`: dash calls the limit on file locks `-w`, bash `-x`. */
const setMark = (mark: string): string =>
  `{ ulimit -S -w ${mark} || ulimit -S -x ${mark}; } 2>/dev/null`;

/**
 * A shell that marks itself and becomes the program once its input has a line; it exits if the run
 * dies before.
 */
export const gate = (mark: string): readonly string[] => [
  '-c',
  `${setMark(mark)}; read -r go && exec "$@" </dev/null`,
  'sh',
];

/**
 * Kills every process that would outlive its run. Each carries its attempt's mark, which every
 * child inherits: the soft limit on file locks, ignored by Linux since 2.4.25. A shell waits for
 * the end of the run's pipe, then kills what is marked. (A PID namespace would renumber processes,
 * as in `/tmp/x.$$`, and break `ssh` and `sudo`.) Where marking fails (macOS), it kills process
 * groups, and a child that left its group lives on.
 */
export class Watcher {
  /** A mark is this number and the attempt's number in six digits. */
  readonly #run = String(randomInt(100_000_000_000, 200_000_000_000));
  #attempts = 0;
  #shell: ChildProcess | undefined;
  #canMark: Promise<boolean> | undefined;

  newMark(): string {
    this.#attempts += 1;
    return `${this.#run}${String(this.#attempts).padStart(6, '0')}`;
  }

  watch(pid: number, mark: string): WatchedProcesses {
    const startedAt = performance.now();
    this.#shell ??= this.#start();
    this.#shell.stdin!.write(`begin ${pid}\n`);
    const end = async (): Promise<boolean> => {
      const isMarked = (await this.#canMark) ?? false;
      const gone =
        isMarked && (await endMarked(mark, performance.now() - startedAt < 1000 ? pid : 0));
      this.#shell?.stdin?.write(`end ${pid}\n`);
      return gone;
    };
    return { end };
  }

  #start(): ChildProcess {
    const shell = spawn('/bin/sh', ['-c', script, 'sh', this.#run], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const lost = () => {
      if (this.#shell === shell) this.#shell = undefined;
    };
    shell.on('error', lost).on('exit', lost).unref();
    shell.stdin!.on('error', () => {}); // it was killed: `lost` says so
    // One that is killed first answers nothing. Otherwise its answer holds for a next one too.
    this.#canMark ??= new Promise((resolve) => {
      shell.stdout!.setEncoding('utf8').once('data', (text: string) => {
        unref(shell.stdout);
        resolve(text === 'marks\n');
      });
      shell.once('close', () => resolve(false));
    });
    unref(shell.stdin);
    return shell;
  }
}

/** Lets the run end although a pipe is open. */
const unref = (pipe: unknown): void => (pipe as { unref(): void }).unref();

/**
 * The shell first removes a mark inherited from an outer run. It kills until it finds nothing new.
 */
const script = `
trap '' HUP INT TERM
${setMark('unlimited')}
mark=\${1}000000
(${setMark('$mark')} && grep -q "^Max file locks  *$mark " /proc/self/limits && echo marks || echo groups)
groups=' '
while read -r what pid; do
  case $what in
    begin) groups="$groups$pid " ;;
    end) groups="\${groups%% $pid *} \${groups#* $pid }" ;;
  esac
done
for pid in $groups; do kill -9 "-$pid"; done
killed=
while found=$(grep -l "^Max file locks  *$1" /proc/[0-9]*/limits | tr -dc '0-9\\n'); [ "$found" != "$killed" ]; do
  kill -9 $found
  killed=$found
done
`;

async function endMarked(mark: string, from: number): Promise<boolean> {
  const deadline = Date.now() + patience;
  for (let pause = 1; ; pause = Math.min(2 * pause, 50)) {
    const pids = marked(mark, from);
    if (pids.length === 0) return true;
    if (Date.now() > deadline) return false;
    for (const pid of pids) kill(pid);
    await delay(pause);
  }
}

/**
 * Living processes with a mark: with numbers from `from` on if these cannot have wrapped around,
 * otherwise among all.
 */
function marked(mark: string, from: number): readonly number[] {
  const pids = readdirSync('/proc').map(Number);
  // Read after the listing, which has no later number.
  const last = Number(readText('/proc/loadavg').split(' ')[4]);
  const isInOrder = from > 0 && last >= from;
  const least = isInOrder ? from : 0;
  const most = isInOrder ? last : Number.POSITIVE_INFINITY;
  const isMarked = (pid: number) => readText(`/proc/${pid}/limits`).includes(` ${mark} `);
  return pids.filter((pid) => pid >= least && pid <= most && isMarked(pid) && !isDead(pid));
}

/** Whether a process has ended and only waits for its parent. */
const isDead = (pid: number): boolean => /^\d+ \(.*\) [ZX]/s.test(readText(`/proc/${pid}/stat`));

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone, or another user's, started by sudo.
  }
}
