import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheError } from './cache-error.ts';
import { isDead, type ProcessIdentity, thisProcess } from './process-identity.ts';
import { creatingFolder, temporaryBeside } from './write-atomic.ts';

/** How often a holder says that it still works, in milliseconds. */
const renewal = 10_000;
/** Many renewals: a holder that is merely slow keeps its lease. */
const stale = 180_000;
/** How long a waiting run lets pass before it looks again, in milliseconds. */
const firstWait = 10;
const longestWait = 500;

interface Holder extends ProcessIdentity {
  readonly token: string;
}

/**
 * The right to do a piece of work that others would do as well: a folder that exists once, with its holder's token in
 * it, renewed while it is held. It only saves double work: two who both believe to hold it write the same results.
 */
export class Lease {
  readonly #path: string;
  readonly #token: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
    this.#timer = setInterval(() => this.#renew(), renewal).unref();
  }

  /** The lease, or who holds it. Throws a `CacheError` where the cache cannot be written. */
  static tryAcquire(path: string): Lease | { readonly heldBy: string } {
    const holder: Holder = { ...thisProcess(), token: randomUUID() };
    try {
      for (let tries = 0; tries < 3; tries += 1) {
        if (placeFolder(path, holder)) return new Lease(path, holder.token);
        const present = readHolder(path);
        if (present !== undefined && !isAbandoned(path, present)) return { heldBy: describe(present) };
        if (present !== undefined) removeHolder(path, present.token);
      }
    } catch (error) {
      throw cacheError(`the lease ${path}`, error);
    }
    return { heldBy: 'another run' };
  }

  /** Waits until it is free. `onWait` is called once, with who holds it. Throws the signal's reason. */
  static async acquire(
    path: string,
    signal?: AbortSignal,
    onWait: (holder: string) => void = () => {},
  ): Promise<Lease> {
    for (let wait = firstWait; ; wait = Math.min(wait * 1.5, longestWait)) {
      signal?.throwIfAborted();
      const lease = Lease.tryAcquire(path);
      if (lease instanceof Lease) return lease;
      if (wait === firstWait) onWait(lease.heldBy);
      await delay(wait, undefined, signal && { signal }).catch(() => {}); // the loop throws the signal's own reason
    }
  }

  /** Gives it back; nothing happens when someone else took it meanwhile. */
  release(): void {
    clearInterval(this.#timer);
    removeHolder(this.#path, this.#token);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }

  #renew(): void {
    const now = new Date();
    try {
      utimesSync(holderFile(this.#path), now, now);
    } catch {
      // It was taken from us as stale, after a long sleep of the machine; the work goes on, and may be done twice.
    }
  }
}

/** Whether someone who is not known to be dead holds the lease at a path. */
export function isHeld(path: string): boolean {
  const holder = readHolder(path);
  return holder !== undefined && !isAbandoned(path, holder);
}

const holderFile = (path: string): string => join(path, 'holder.json');

/**
 * Makes the folder in one instant, token and all: a folder cannot be renamed onto one that holds something. So there is
 * no moment at which a lease exists without its holder.
 */
function placeFolder(path: string, holder: Holder): boolean {
  const temporary = temporaryBeside(path);
  creatingFolder(path, () => mkdirSync(temporary));
  try {
    writeFileSync(holderFile(temporary), JSON.stringify(holder));
    renameSync(temporary, path);
    return true;
  } catch (error) {
    removeFolder(temporary);
    if (taken.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** What the rename says when the folder is there; the last is Windows'. */
const taken: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM']);

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(holderFile(path), 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAbandoned(path: string, holder: Holder): boolean {
  if (isDead(holder)) return true;
  const stats = statSync(holderFile(path), { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > stale;
}

/** Of several who would remove the same holder, the rename lets one; a newer holder that it caught is put back. */
function removeHolder(path: string, token: string): void {
  if (readHolder(path)?.token !== token) return;
  const aside = temporaryBeside(path);
  try {
    renameSync(path, aside);
    if (readHolder(aside)?.token === token) removeFolder(aside);
    else renameSync(aside, path);
  } catch {
    // Someone else was faster.
  }
}

/** A lease's folder holds one file; that is a third of the time of a recursive removal. */
function removeFolder(path: string): void {
  rmSync(holderFile(path), { force: true });
  rmdirSync(path);
}

const describe = ({ pid, host }: Holder): string => `process ${pid} on ${host}`;
