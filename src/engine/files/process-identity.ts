import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { sha256 } from '../../digest.ts';
import { linkTarget, readText } from './read-part.ts';

/**
 * Identifies a process, also among later ones with its number and those of other machines and
 * containers.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /**
   * The boot and container in which the number is valid; empty without `/proc`: then only the
   * host's name counts.
   */
  readonly space: string;
  /** When it began, from `/proc`; empty without `/proc`. */
  readonly started: string;
}

let identity: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  identity ??= {
    pid: process.pid,
    host: hostname(),
    space: thisSpace(),
    started: startOf(process.pid),
  };
  return identity;
}

/** Reads an identity from a JSON file; undefined for a file that is gone, cut short or damaged. */
export function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const { pid, host, space, started } = JSON.parse(readFileSync(path, 'utf8')) as Record<
      string,
      unknown
    >;
    // `kill` would take it for a process group.
    if (!Number.isInteger(pid) || (pid as number) <= 0) return undefined;
    return {
      pid: pid as number,
      host: String(host),
      space: String(space),
      started: String(started),
    };
  } catch {
    return undefined;
  }
}

/**
 * Whether a process still runs; `unknown` for another host or container, or where it is not
 * certain.
 */
export function lifeOf({
  pid,
  host,
  space,
  started,
}: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const here = thisProcess();
  if (host !== here.host || space !== here.space) return 'unknown';
  if (!exists(pid)) return 'dead';
  const now = startOf(pid);
  if (started === '' || now === '') return 'unknown';
  return now === started ? 'alive' : 'dead';
}

/**
 * Marks the name of a file with the process that writes it: `<space>-<pid>`, six hex digits and a
 * number.
 */
export const processMark = (): string => `${spaceMark()}-${process.pid}`;

let lastId = randomInt(2 ** 47);

/**
 * A {@link processMark} and twelve hex digits, unique among files of this process and of earlier
 * ones with its number.
 */
export function uniqueMark(): string {
  lastId += 1;
  return `${processMark()}-${lastId.toString(16).padStart(12, '0')}`;
}

/**
 * Whether the process of a {@link processMark} is known to be dead. Another process may have its
 * number by now.
 */
export function isDeadMark(space: string, pid: number): boolean {
  if (space !== spaceMark()) return false;
  return !exists(pid) || startOf(pid) === 'ended';
}

let ownSpace: string | undefined;

function spaceMark(): string {
  const { host, space } = thisProcess();
  ownSpace ??= sha256(`${host}\0${space}`).slice(0, 6);
  return ownSpace;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces and parentheses. The state follows it, and the start 19
  // fields later.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A process that ended and whose parent never waited for it keeps its number, in a container
  // often for ever.
  if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
  return fields[19] ?? '';
}

function thisSpace(): string {
  const boot = readText('/proc/sys/kernel/random/boot_id').trim();
  return `${boot} ${linkTarget('/proc/self/ns/pid') ?? ''}`.trim();
}
