import { renameSync, rmSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { lifeOf, type ProcessIdentity, readIdentity, thisProcess } from '../files/process-identity.ts';
import { readText } from '../files/read-part.ts';
import { linkOrRename, temporaryBeside, writeNew } from '../files/write-atomic.ts';
import { writing } from '../files/write-error.ts';

const day = 86_400_000;
/** How often a holder renews its lease, in milliseconds. */
const renewal = 10_000;
/** Many renewals, and more than the minute for which a network disk may show old times. In milliseconds. */
const patience = 180_000;
const firstWait = 10;
const longestWait = 500;

/** The right to do work; it only prevents duplicates. A dead holder has lost it, an unknown one if it renews no more. */
export class Lease {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    holders.set(path, this);
    this.#timer = setInterval(() => this.#renew(), renewal).unref();
  }

  /** Waits until it is free. `onWait` hears once who holds it. Throws the signal's reason, or a `WriteError`. */
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

  /** The lease, or the one that somebody holds; undefined when it is just changing hands. */
  static #take(path: string, watch: Watch): Lease | PresentLease | undefined {
    return writing(`the lease ${path}`, () => {
      for (let tries = 0; tries < 3; tries += 1) {
        const present = lookAtLease(path); // first, since a waiting run should only read
        if (present !== undefined) {
          const life = lifeOfLease(present);
          if (life === 'alive' || (life === 'unknown' && !watch.givesUp(present))) return present;
          clearLease(path, present);
        }
        if (writeNew(path, JSON.stringify(thisProcess()))) return new Lease(path);
      }
      return undefined;
    });
  }

  release(): void {
    clearInterval(this.#timer);
    // After a long sleep of this machine others took it, or another lease of this process did.
    if (holders.get(this.#path) !== this) return;
    holders.delete(this.#path);
    try {
      if (readText(this.#path) === JSON.stringify(thisProcess())) unlinkSync(this.#path);
    } catch {
      // The disk is gone. A lease that is left there is no longer renewed, and others take it.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }

  /** Dates the file; others look only at whether its time changes. */
  #renew(): void {
    const now = new Date();
    try {
      utimesSync(this.#path, now, now);
    } catch {
      // Others took it after a long sleep of this machine; the work goes on, and may be done twice.
    }
  }
}

/** Adds up pauses during which a lease did not change: independent of clocks, sleeping machines and hanging disks. */
class Watch {
  #last = '';
  #waited = 0;

  waited(milliseconds: number, seen: PresentLease | undefined): void {
    const now = signOf(seen);
    this.#waited = now === this.#last ? this.#waited + milliseconds : milliseconds;
    this.#last = now;
  }

  givesUp(present: PresentLease): boolean {
    return this.#waited >= patience && signOf(present) === this.#last;
  }
}

const signOf = (seen: PresentLease | undefined): string => (seen === undefined ? '' : `${seen.ino} ${seen.renewed}`);

/** An interrupt ends it; the loop throws the signal's own reason. */
const pauseFor = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  delay(milliseconds, undefined, signal && { signal }).catch(() => {});

const describe = (seen: PresentLease | undefined): string =>
  seen?.holder === undefined ? 'another run' : `process ${seen.holder.pid} on ${seen.holder.host}`;

/** A lease that somebody holds or held, as its file shows it. */
interface PresentLease {
  readonly ino: number;
  /** Undefined where its file is damaged, as a power cut may leave it. */
  readonly holder: ProcessIdentity | undefined;
  /** When it was last renewed, by whatever clock, in milliseconds since the epoch. */
  readonly renewed: number;
}

const holders = new Map<string, Lease>();

function lookAtLease(path: string): PresentLease | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && { ino: stats.ino, holder: readIdentity(path), renewed: stats.mtimeMs };
}

const lifeOfLease = ({ holder }: PresentLease): 'alive' | 'dead' | 'unknown' =>
  holder === undefined ? 'unknown' : lifeOf(holder);

/** Removes a lease that was found dead. One that a faster process put there meanwhile is put back. */
function clearLease(path: string, dead: PresentLease): void {
  const aside = temporaryBeside(path);
  try {
    renameSync(path, aside);
    if (signOf(lookAtLease(aside)) !== signOf(dead)) linkOrRename(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Whether a process that may be alive holds the lease at a path; where that is uncertain, it is assumed for a day. */
export function isHeld(path: string): boolean {
  const present = lookAtLease(path);
  return present !== undefined && mayLive(present, day);
}

/** The process that holds the lease at a path, if it may be alive; where that is uncertain, it has renewed it in this hour. */
export function holderOf(path: string): ProcessIdentity | undefined {
  const present = lookAtLease(path);
  return present !== undefined && mayLive(present, day / 24) ? present.holder : undefined;
}

function mayLive(present: PresentLease, patience: number): boolean {
  const life = lifeOfLease(present);
  return life === 'alive' || (life === 'unknown' && Date.now() - present.renewed < patience);
}
