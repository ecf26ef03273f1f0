import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { sha256 } from '../../digest.ts';
import { linkTarget, readText } from './read-part.ts';

/** A process, distinguished from later ones with the same number, and from those of other machines and containers. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** This boot and container, where the number is valid; empty without `/proc`: then the host's name decides. */
  readonly space: string;
  /** When it began, from `/proc`; empty without that. */
  readonly started: string;
}

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  own ??= { pid: process.pid, host: hostname(), space: thisSpace(), started: startOf(process.pid) };
  return own;
}

/** Reads an identity from a JSON file; undefined for a file that is gone, cut short or damaged. */
export function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const { pid, host, space, started } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (!Number.isInteger(pid) || (pid as number) <= 0) return undefined; // `kill` would take it for a process group
    return { pid: pid as number, host: String(host), space: String(space), started: String(started) };
  } catch {
    return undefined;
  }
}

/** Whether a process still runs, where that is certain. Nothing is known of another host or container. */
export function lifeOf({ pid, host, space, started }: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const here = thisProcess();
  if (host !== here.host || space !== here.space) return 'unknown';
  if (!exists(pid)) return 'dead';
  const now = startOf(pid);
  if (started === '' || now === '') return 'unknown';
  return now === started ? 'alive' : 'dead';
}

/** Marks the name of a file with the process that writes it: `<space>-<pid>`, six hex digits and a number. */
export const processMark = (): string => `${spaceMark()}-${process.pid}`;

let lastId = randomInt(2 ** 47);

/** A {@link processMark} with twelve hex digits that no other file of the process has, nor one of an earlier process with its number. */
export function uniqueMark(): string {
  lastId += 1;
  return `${processMark()}-${lastId.toString(16).padStart(12, '0')}`;
}

/** Whether the process of a {@link processMark} is known to be dead. Its number may by now be another one's. */
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
  // The name in parentheses may hold spaces and parentheses; the state follows it, and 19 fields on, the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A process that ended and whose parent never waited for it keeps its number, in a container often for ever.
  if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
  return fields[19] ?? '';
}

function thisSpace(): string {
  const boot = readText('/proc/sys/kernel/random/boot_id').trim();
  return `${boot} ${linkTarget('/proc/self/ns/pid') ?? ''}`.trim();
}
