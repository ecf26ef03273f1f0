import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lifeOf, type ProcessIdentity, readIdentity, thisProcess } from '../files/process-identity.ts';
import { creatingFolder, temporaryBeside } from '../files/write-atomic.ts';
import { writing } from '../files/write-error.ts';

const day = 86_400_000;
/** How often a holder renews its lease, in milliseconds. */
const renewal = 10_000;
/** Many renewals, and more than the minute for which a network disk may show old times. In milliseconds. */
const patience = 180_000;
const firstWait = 10;
const longestWait = 500;

/**
 * The right to do work that others would do too; it only prevents duplicates. A living holder keeps its
 * {@link PresentLease}, a dead one has lost it, and one that cannot be asked loses it when nobody renews it.
 */
export class Lease {
  readonly #path: string;
  readonly #name: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, name: string) {
    this.#path = path;
    this.#name = name;
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
          clearLease(path, present.names);
        }
        const name = `${randomUUID()}.json`;
        if (placeLease(path, name)) return new Lease(path, name);
      }
      return undefined;
    });
  }

  release(): void {
    clearInterval(this.#timer);
    try {
      clearLease(this.#path, [this.#name]);
    } catch {
      // The disk is gone. A lease that is left there is no longer renewed, and others take it.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }

  /** Dates the folder; others look only at whether its time changes. */
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

const signOf = (seen: PresentLease | undefined): string => (seen === undefined ? '' : `${seen.names} ${seen.renewed}`);

/** An interrupt ends it; the loop throws the signal's own reason. */
const pauseFor = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  delay(milliseconds, undefined, signal && { signal }).catch(() => {});

const describe = (seen: PresentLease | undefined): string =>
  seen?.holder === undefined ? 'another run' : `process ${seen.holder.pid} on ${seen.holder.host}`;

/**
 * A lease on disk: a folder with one file under a name that no other holder has. One rename places it, and removal is
 * by name; so a kill leaves a whole lease or an empty folder, and clearing a dead lease cannot hit a newer one.
 */
interface PresentLease {
  /** The names in the folder: that of the holder's file, and of anything that came there otherwise. */
  readonly names: readonly string[];
  /** Undefined where its file is damaged, as a power cut may leave it. */
  readonly holder: ProcessIdentity | undefined;
  /** When it was last renewed, by whatever clock, in milliseconds since the epoch. */
  readonly renewed: number;
}

/** Puts a lease of this process in place, whose file has this name; false where there is a lease already. */
function placeLease(path: string, name: string): boolean {
  const temporary = temporaryBeside(path);
  creatingFolder(path, () => mkdirSync(temporary));
  try {
    writeFileSync(join(temporary, name), JSON.stringify(thisProcess()));
    renameSync(temporary, path); // fails where the folder holds something
    return true;
  } catch (error) {
    clearLease(temporary, [name]);
    if (isOccupied(error)) return false;
    throw error;
  }
}

function lookAtLease(path: string): PresentLease | undefined {
  try {
    const renewed = statSync(path).mtimeMs;
    const names = readdirSync(path).sort();
    const holder = names.map((name) => readIdentity(join(path, name))).find((found) => found !== undefined);
    return { names, holder, renewed };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether its holder lives, where that is certain. An empty folder is left by a kill. */
function lifeOfLease({ names, holder }: PresentLease): 'alive' | 'dead' | 'unknown' {
  if (names.length === 0) return 'dead';
  return holder === undefined ? 'unknown' : lifeOf(holder);
}

/** Removes the files with these names, and the folder if it held no others. */
function clearLease(path: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(path, name), { recursive: true, force: true });
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isOccupied(error) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whether a process that may be alive holds the lease at a path; where that is uncertain, it is assumed for a day. */
export function isHeld(path: string): boolean {
  const present = lookAtLease(path);
  if (present === undefined) return false;
  const life = lifeOfLease(present);
  return life === 'alive' || (life === 'unknown' && Date.now() - present.renewed < day);
}

const isOccupied = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
