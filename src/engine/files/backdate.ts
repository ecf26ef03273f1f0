import { createHash } from 'node:crypto';
import { type Stats, utimesSync } from 'node:fs';
import type { ListedFile, Listing } from './listing.ts';
import { tick } from './settled-times.ts';

/**
 * Whether the change time is so much later than the modification time that any later write changes
 * the latter.
 */
export const isBackdated = ({ mtimeMs, ctimeMs }: Stats): boolean => ctimeMs - mtimeMs >= tick;

/**
 * Dates a file of ours, which has this stat data, shortly before it was written. Then any later
 * write changes its time, also one within the same tick of the disk's clock.
 */
export function backdate(path: string, stats: Stats): void {
  if (isBackdated(stats)) return; // as after an unpacking that kept old times
  try {
    utimesSync(path, stats.atimeMs / 1000, (stats.mtimeMs - tick) / 1000);
  } catch {
    // Where that is not possible, the file is hashed again.
  }
}

/** Whether two stat data show the same writing. A move, a link and a new mode do not count. */
export const isSameWriting = (a: Stats, b: Stats): boolean =>
  a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;

/**
 * Takes the signature of backdated files that hold an artifact: while it is the same, they hold it.
 * Undefined where one is not backdated.
 */
export function filesSignature(
  { files }: Listing,
  statsOf: (file: ListedFile) => Stats | undefined,
): string | undefined {
  const numbers: number[] = [];
  for (const file of files) {
    const stats = statsOf(file);
    if (stats === undefined || !isBackdated(stats)) return undefined;
    numbers.push(stats.size, stats.mtimeMs, stats.ino);
  }
  return createHash('sha256').update(Float64Array.from(numbers)).digest('hex').slice(0, 32);
}
