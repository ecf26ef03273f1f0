import { join } from 'node:path';
import { readEnd, readText } from '../files/read-part.ts';

/** Gives a function that says whether a stage has since ended for lack of memory: by its job's cgroup, or V8's last words. */
export function watchMemory(log: string): () => boolean {
  const before = kills();
  const words = /JavaScript heap out of memory|Array buffer allocation failed/;
  return () => kills() > before || words.test(readEnd(log, 1 << 16));
}

/** How many processes of this job's cgroup the kernel has killed for lack of memory, by version 1 or 2; 0 where it does not say. */
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
