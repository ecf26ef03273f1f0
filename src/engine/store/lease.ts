import { linkSync, renameSync, rmSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { day } from '../../day.ts';
import {
  lifeOf,
  type ProcessIdentity,
  readIdentity,
  thisProcess,
} from '../files/process-identity.ts';
import { readText } from '../files/read-part.ts';
import { temporaryBeside } from '../files/temporary-files.ts';
import { linkOrRename, writeNew } from '../files/write-atomic.ts';
import { writing } from '../files/write-error.ts';

/** How often a holder renews its lease, in milliseconds. */
const renewal = 10_000;
/**
 * Milliseconds without renewal after which a lease is free: many renewals, and longer than a
 * network disk may show old times.
 */
const patience = 180_000;
const firstWait = 10;
const longestWait = 500;

/**
 * The right to do some work, which only prevents duplicates. A dead holder loses it, and so does an
 * unknown one without renewals.
 */
export class Lease {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    holders.set(path, this);
    this.#timer = setInterval(() => renew(path), renewal).unref();
  }

  /**
   * Waits until the lease is free. `onWait` is called once, with its holder. Throws the signal's
   * reason, or a `WriteError`.
   */
  static async acquire(
    path: string,
    signal?: AbortSignal,
    onWait: (holder: string) => void = () => {},
    pause: (milliseconds: number, signal?: AbortSignal) => Promise<void> = pauseFor,
  ): Promise<Lease> {
    const watch = new Watch();
    for (let wait = firstWait; ; wait = Math.min(wait * 1.5, longestWait)) {
      signal?.throwIfAborted();
      const taken = Lease.#take(path, watch);
      if (taken instanceof Lease) return taken;
      if (wait === firstWait) onWait(describe(taken));
      await pause(wait, signal);
      watch.waited(wait, taken);
    }
  }

  /** The lease, or the present one that somebody holds; undefined while it changes its holder. */
  static #take(path: string, watch: Watch): Lease | PresentLease | undefined {
    return writing(`the lease ${path}`, () => {
      for (let tries = 0; tries < 3; tries += 1) {
        const present = lookAtLease(path); // first, since a waiting run should only read
        if (present !== undefined) {
          const life = lifeOfLease(present);
          if (life === 'alive' || (life === 'unknown' && !watch.givesUp(present))) return present;
          clearLease(path, present);
        }
        if (createLease(path)) return new Lease(path);
      }
      return undefined;
    });
  }

  release(): void {
    clearInterval(this.#timer);
    // After a long sleep of this machine somebody else, or another lease of this process, has taken
    // it.
    if (holders.get(this.#path) !== this) return;
    holders.delete(this.#path);
    try {
      if (readText(this.#path) === JSON.stringify(thisProcess())) unlinkSync(this.#path);
    } catch {
      // The disk is gone. Others take a lease that is no longer renewed.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }
}

/**
 * Adds up pauses during which a lease did not change: independent of clocks, sleeping machines and
 * hanging disks.
 */
class Watch {
  #last = '';
  #waited = 0;

  waited(milliseconds: number, seen: PresentLease | undefined): void {
    const now = stateOf(seen);
    this.#waited = now === this.#last ? this.#waited + milliseconds : milliseconds;
    this.#last = now;
  }

  givesUp(present: PresentLease): boolean {
    return this.#waited >= patience && stateOf(present) === this.#last;
  }
}

const stateOf = (seen: PresentLease | undefined): string =>
  seen === undefined ? '' : `${seen.ino} ${seen.renewed}`;

/** Ends early on a signal; the loop then throws the signal's reason. */
const pauseFor = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  delay(milliseconds, undefined, signal && { signal }).catch(() => {});

const describe = (seen: PresentLease | undefined): string =>
  seen?.holder === undefined ? 'another run' : `process ${seen.holder.pid} on ${seen.holder.host}`;

/** A lease that somebody holds or held, as its file shows it. */
interface PresentLease {
  readonly ino: number;
  /** Undefined for a damaged file, as a power cut may leave it. */
  readonly holder: ProcessIdentity | undefined;
  /** When it was last renewed, in milliseconds since the epoch, by some machine's clock. */
  readonly renewed: number;
}

/** The leases of this process by path. */
const holders = new Map<string, Lease>();

/** Creates the file of a lease, whole or not at all. False where there is one. */
function createLease(path: string): boolean {
  const identity = JSON.stringify(thisProcess());
  return linkHeld(path, identity) || writeNew(path, identity);
}

/**
 * Makes a lease of another name for one that this process holds: all have the same content, and
 * creating a file takes twenty times as long. False where that is not possible.
 */
function linkHeld(path: string, identity: string): boolean {
  const held = heldBeside(path);
  if (held === undefined || holders.has(path)) return false;
  let isNew = true;
  try {
    linkSync(held, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    isNew = false; // unless NFS lost the answer, and tried again: then its content is ours
  }
  if (readText(path) === identity) {
    renew(path); // others must see a change since the last time that this process held it
    return true;
  }
  // The one that we held was taken over after a long sleep of this machine.
  if (isNew) unlinkSync(path);
  return false;
}

/** The path of a lease that this process holds in the same folder. */
function heldBeside(path: string): string | undefined {
  const folder = dirname(path);
  for (const held of holders.keys()) if (dirname(held) === folder) return held;
  return undefined;
}

/**
 * Changes the time of the file, which may have several names. Others only look whether it changes.
 */
function renew(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Others took it after a long sleep of this machine. The work goes on, and may be done twice.
  }
}

function lookAtLease(path: string): PresentLease | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && { ino: stats.ino, holder: readIdentity(path), renewed: stats.mtimeMs };
}

const lifeOfLease = ({ holder }: PresentLease): 'alive' | 'dead' | 'unknown' =>
  holder === undefined ? 'unknown' : lifeOf(holder);

/**
 * Removes a lease that was found dead. If a faster process took it meanwhile, its lease is put
 * back.
 */
function clearLease(path: string, dead: PresentLease): void {
  const aside = temporaryBeside(path);
  try {
    renameSync(path, aside);
    if (stateOf(lookAtLease(aside)) !== stateOf(dead)) linkOrRename(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/**
 * Whether a process that may be alive holds the lease at a path. An unknown one counts as alive for
 * a day.
 */
export function isHeld(path: string): boolean {
  const present = lookAtLease(path);
  return present !== undefined && mayLive(present, day);
}

/**
 * The process that holds the lease at a path, if it may be alive. An unknown one counts as alive
 * for an hour.
 */
export function holderOf(path: string): ProcessIdentity | undefined {
  const present = lookAtLease(path);
  return present !== undefined && mayLive(present, day / 24) ? present.holder : undefined;
}

function mayLive(present: PresentLease, grace: number): boolean {
  const life = lifeOfLease(present);
  return life === 'alive' || (life === 'unknown' && Date.now() - present.renewed < grace);
}
