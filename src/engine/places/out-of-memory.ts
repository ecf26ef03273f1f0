import { join } from 'node:path';
import { namesIn } from '../files/entries-in.ts';
import { readEnd, readText } from '../files/read-part.ts';

/** Says later whether a stage has since run out of memory: by its job's cgroup, or V8's last words. */
export function watchMemory(log: string, root = '/'): () => boolean {
  const before = kills(root);
  const words = /JavaScript heap out of memory|Array buffer allocation failed/;
  return () => kills(root) > before || words.test(readEnd(log, 1 << 16));
}

/** Between two looks at the memory of processes, in milliseconds. */
const interval = 1_000;

/** The most memory that this process and those below it have held at once, at most: the sum of their own peaks. In bytes. */
export class PeakMemory implements Disposable {
  readonly #timer = setInterval(() => this.look(), interval);
  #most = 0;

  look(): number {
    const sum = tree(process.pid).reduce((sum, pid) => {
      return sum + Number(/^VmHWM:\s*(\d+) kB$/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);
    }, 0);
    this.#most = Math.max(this.#most, 1024 * sum);
    return this.#most;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** The memory to ask for after a measured peak: a tenth more, in eighths of `given`, so that stages alike share jobs. */
export function neededMemory(peak: number, given: number): number {
  const step = given / 8;
  return Math.min(8, Math.max(5, Math.ceil((1.1 * peak) / step))) * step;
}

function tree(pid: number): readonly number[] {
  const text = namesIn(`/proc/${pid}/task`).map((thread) => readText(`/proc/${pid}/task/${thread}/children`));
  const children = text.join('').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(tree)];
}

/** How many processes of this job's cgroup the kernel has killed for lack of memory, by version 1 or 2; 0 where it does not say. */
function kills(root: string): number {
  const groups = readText(join(root, 'proc/self/cgroup')).split('\n');
  return groups.reduce((sum, line) => {
    const [, controllers, path = ''] = line.split(':');
    const file =
      controllers === ''
        ? join(root, 'sys/fs/cgroup', path, 'memory.events')
        : controllers?.split(',').includes('memory')
          ? join(root, 'sys/fs/cgroup/memory', path, 'memory.oom_control')
          : undefined;
    const [, count = '0'] = (file === undefined ? null : /^oom_kill (\d+)$/m.exec(readText(file))) ?? [];
    return sum + Number(count);
  }, 0);
}
