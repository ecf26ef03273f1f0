import { join } from 'node:path';
import { namesIn } from '../files/entries-in.ts';
import { readEnd, readText } from '../files/read-part.ts';

/**
 * Returns a function that tells whether a stage has run out of memory since, by its job's cgroup or
 * V8's last words.
 */
export function watchMemory(log: string, root = '/'): () => boolean {
  const before = countKills(root);
  const words = /JavaScript heap out of memory|Array buffer allocation failed/;
  return () => countKills(root) > before || words.test(readEnd(log, 1 << 16));
}

/** Milliseconds between two looks at the memory of processes. */
const interval = 1_000;

/**
 * An upper bound of the memory that this process and those below it have held at once: the sum of
 * their peaks, in bytes.
 */
export class PeakMemory implements Disposable {
  readonly #timer = setInterval(() => this.look(), interval);
  #most = 0;

  look(): number {
    const sum = processTree(process.pid).reduce((sum, pid) => {
      return sum + Number(/^VmHWM:\s*(\d+) kB$/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);
    }, 0);
    this.#most = Math.max(this.#most, 1024 * sum);
    return this.#most;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/**
 * The memory to ask for after a measured peak: a tenth more, in eighths of `given`, so that similar
 * stages share jobs.
 */
export function neededMemory(peak: number, given: number): number {
  const step = given / 8;
  return Math.min(8, Math.max(5, Math.ceil((1.1 * peak) / step))) * step;
}

/** A process and all below it. */
function processTree(pid: number): readonly number[] {
  const text = namesIn(`/proc/${pid}/task`).map((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`),
  );
  const children = text.join('').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(processTree)];
}

/**
 * How many processes of this job's cgroup (version 1 or 2) the kernel has killed for lack of
 * memory; 0 if that is not known.
 */
function countKills(root: string): number {
  const groups = readText(join(root, 'proc/self/cgroup')).split('\n');
  return groups.reduce((sum, line) => {
    const [, controllers, path = ''] = line.split(':');
    const file = killCounter(controllers, path);
    const [, count = '0'] =
      (file === undefined ? null : /^oom_kill (\d+)$/m.exec(readText(join(root, file)))) ?? [];
    return sum + Number(count);
  }, 0);
}

/**
 * The file that counts the kills of a control group: of version 2 without controllers, else of 1.
 */
function killCounter(controllers: string | undefined, path: string): string | undefined {
  if (controllers === '') return join('sys/fs/cgroup', path, 'memory.events');
  if (!controllers?.split(',').includes('memory')) return undefined;
  return join('sys/fs/cgroup/memory', path, 'memory.oom_control');
}
