import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Of the boot and the process, from `/proc`; empty where there is none, and then the number alone counts. */
  readonly started: string;
}

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  own ??= { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  return own;
}

/** Whether it certainly no longer runs. A process of another host is never known to be dead. */
export function isDead({ pid, host, started }: ProcessIdentity): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = startOf(pid);
  return started !== '' && now !== '' && now !== started;
}

function startOf(pid: number): string {
  try {
    // The name in parentheses may hold spaces and parentheses; the start is the 22nd field, the 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${start}`;
  } catch {
    return '';
  }
}
