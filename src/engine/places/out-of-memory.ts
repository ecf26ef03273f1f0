import { join } from 'node:path';
import { readPart, readText } from '../files/read-part.ts';

/** Finds out whether a stage ended for lack of memory: by its job's cgroup, version 1 or 2, or by V8's last words. */
export class OutOfMemory {
  readonly #log: string;
  readonly #before = kills();

  constructor(log: string) {
    this.#log = log;
  }

  happened(): boolean {
    return kills() > this.#before || /JavaScript heap out of memory|Array buffer allocation failed/.test(this.#tail());
  }

  #tail(): string {
    try {
      return readPart(this.#log, 1 << 16, 'end').text;
    } catch {
      return '';
    }
  }
}

/** How many processes of this job's cgroup the kernel has killed for lack of memory; 0 where it does not say. */
function kills(): number {
  const groups = readText('/proc/self/cgroup').split('\n');
  return groups.reduce((sum, line) => {
    const [, controllers, path = ''] = line.split(':');
    const file =
      controllers === ''
        ? join('/sys/fs/cgroup', path, 'memory.events')
        : controllers?.split(',').includes('memory')
          ? join('/sys/fs/cgroup/memory', path, 'memory.oom_control')
          : undefined;
    const [, count = '0'] = (file === undefined ? null : /^oom_kill (\d+)$/m.exec(readText(file))) ?? [];
    return sum + Number(count);
  }, 0);
}
