import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { creatingFolder } from './write-atomic.ts';

/** Twice the coarsest tick of a kernel (100 Hz), in milliseconds: times of files move in ticks. */
export const tick = 20;
/**
 * For a disk with times in whole or even seconds, and for one whose clock cannot be read. In
 * milliseconds.
 */
const coarse = 3_000;

/**
 * Whether the last change is so old that a read after `startedAt` must have seen it. Both times are
 * in milliseconds.
 */
export const precedesRead = (newest: number, startedAt: number): boolean =>
  newest + coarse <= startedAt;

/** The disk of a file, by its number, and the file's times in milliseconds since the epoch. */
interface FileTimes {
  readonly dev: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/**
 * Reads the clock of the store's disk by a probe file. A time is safely past once a later write is
 * sure to get another one.
 */
export class FileClock {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Tells how many milliseconds from now a file's times lie safely in the past: 0 if they do,
   * infinite if they are too far ahead.
   */
  now(): (times: FileTimes) => number {
    const probe = this.#probe();
    const localClock = { time: Date.now(), margin: coarse };
    return ({ dev, mtimeMs, ctimeMs }) => {
      const { time, margin } = probe?.dev === dev ? probe : localClock;
      const wait = Math.max(0, Math.max(mtimeMs, ctimeMs) + margin - time);
      return wait <= coarse ? wait : Number.POSITIVE_INFINITY;
    };
  }

  /**
   * Milliseconds until files written at `time` lie safely in the past; 0 when they do, or are too
   * far ahead to wait for.
   */
  untilPast(time: number): number {
    const probe = this.#probe() ?? { time: Date.now(), margin: coarse };
    const wait = time + probe.margin - probe.time;
    return wait > 0 && wait <= coarse ? wait : 0;
  }

  /** Undefined where the store cannot be written. */
  #probe(): { readonly dev: number; readonly time: number; readonly margin: number } | undefined {
    try {
      const path = join(this.#folder, 'clock');
      // Not truncated: ext4 would write the file to the disk at once, which takes a millisecond.
      const file = creatingFolder(path, () =>
        openSync(path, constants.O_WRONLY | constants.O_CREAT),
      );
      try {
        writeSync(file, '.');
        const { dev, mtimeMs } = fstatSync(file);
        return { dev, time: mtimeMs, margin: mtimeMs % 1000 === 0 ? coarse : tick };
      } finally {
        closeSync(file);
      }
    } catch {
      return undefined;
    }
  }
}
