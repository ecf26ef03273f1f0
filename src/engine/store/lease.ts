import { randomUUID } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { writeError } from '../files/write-error.ts';
import { clearLease, lifeOfLease, lookAtLease, type PresentLease, placeLease } from './lease-folder.ts';

/** How often a holder says that it still works, in milliseconds. */
const renewal = 10_000;
/** Many renewals, and more than the minute for which a network disk may show us old times. */
const patience = 180_000;
/** How long a waiting run lets pass before it looks again, in milliseconds. */
const firstWait = 10;
const longestWait = 500;

/**
 * The right to do a piece of work that others would do as well, kept by a {@link PresentLease} on the disk that is
 * renewed while it is held. It only saves double work: two who both believe to hold it write the same results.
 *
 * A holder that is known to live keeps it, one that is known to be dead has lost it. Of another host, of another container
 * and of a damaged lease neither is known: these are given up when they were not renewed while we looked on.
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

  /**
   * Waits until it is free. `onWait` is called once, with who holds it; `pause` lets so many milliseconds pass, or fewer
   * once the signal is aborted. Throws the signal's reason, and a `WriteError` where the cache cannot be written.
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

  /** The lease, or whose it is; undefined when it only just changed hands. */
  static #take(path: string, watch: Watch): Lease | PresentLease | undefined {
    try {
      for (let tries = 0; tries < 3; tries += 1) {
        const present = lookAtLease(path); // first, since who waits should only read
        if (present !== undefined) {
          const life = lifeOfLease(present);
          if (life === 'alive' || (life === 'unknown' && !watch.givesUp(present))) return present;
          clearLease(path, present.names);
        }
        const name = `${randomUUID()}.json`;
        if (placeLease(path, name)) return new Lease(path, name);
      }
      return undefined;
    } catch (error) {
      throw writeError(`the lease ${path}`, error);
    }
  }

  /** Gives it back; nothing happens when someone else took it meanwhile. */
  release(): void {
    clearInterval(this.#timer);
    try {
      clearLease(this.#path, [this.#name]);
    } catch {
      // The disk went away. What is left there is no longer renewed, and so given up, or this process dies.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }

  /** Dates the folder; others only ask whether its time changes. */
  #renew(): void {
    const now = new Date();
    try {
      utimesSync(this.#path, now, now);
    } catch {
      // It was given up by others, after a long sleep of the machine; the work goes on, and may be done twice.
    }
  }
}

/**
 * Adds up the pauses between looks at a lease that did not change. So it does not matter that clocks differ or are set,
 * that the machines slept, or that their disk hung for us as it did for the holder.
 */
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
