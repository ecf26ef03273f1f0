import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Cores that this process may use at once: those that it may run on, within the quota of its
 * cgroup.
 */
export function usableCores(): number {
  return coresWithin(availableParallelism(), '/proc/self/cgroup', '/sys/fs/cgroup');
}

/**
 * Whole cores, at least one: with one thread more than the quota allows, all threads wait for that
 * one. `self` is the file that names this process's cgroup, `mount` where cgroups (version 2) are;
 * Node 20 does not look there.
 */
export function coresWithin(cores: number, self: string, mount: string): number {
  const [, group] = /^0::(\/.*)$/m.exec(read(self)) ?? [];
  if (group === undefined) return cores;
  let least = cores;
  for (let path = group; ; path = dirname(path)) {
    const [quota, period] = read(join(mount, path, 'cpu.max'))
      .split(' ')
      .map(Number);
    // Without a quota it says `max`, which is no number.
    if (quota! > 0 && period! > 0)
      least = Math.min(least, Math.max(1, Math.floor(quota! / period!)));
    if (path === dirname(path)) return least;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Bytes of memory that this process may use: the machine's, or its container's limit. Node reports
 * an unknown limit as 0 or undefined, and no limit as more than any machine has.
 */
export function usableMemory(
  total = totalmem(),
  limit: number | undefined = process.constrainedMemory(),
): number {
  return limit === undefined || limit === 0 ? total : Math.min(total, limit);
}

/**
 * Bytes of memory that the caches of a backend may hold: a quarter of what the process may use. Of
 * that, it gets the share that its `threads` have of the `cores`, since others compute on the rest.
 */
export function cacheMemory(
  threads: number,
  cores = usableCores(),
  memory = usableMemory(),
): number {
  return (memory / 4) * Math.min(1, threads / cores);
}
