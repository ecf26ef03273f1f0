import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../../digest.ts';

/**
 * The sorted names in a folder; none if it does not exist. Throws for an unreadable one, which gc
 * must not take for empty.
 */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** A file or folder of the store. Times are in milliseconds since the epoch. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Modification time: of a result, its last use. */
  readonly used: number;
  /**
   * The later of modification and change: moving a file in makes it young, whatever its own date.
   */
  readonly touched: number;
}

/** The entries of a folder, by name; none if it does not exist. */
export function entriesIn(folder: string): readonly Entry[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats
      ? [{ name, path, size: stats.size, used: stats.mtimeMs, touched: touchedAt(stats) }]
      : [];
  });
}

/** The files of `objects/`, `results/` or `checkpoints/`, two levels down. */
export const filesIn = (folder: string): readonly Entry[] =>
  entriesIn(folder).flatMap(({ path }) => entriesIn(path));

/** The digests that name files two levels down, without a look at the files. */
export const digestsIn = (folder: string): readonly Digest[] =>
  namesIn(folder)
    .flatMap((name) => namesIn(join(folder, name)))
    .map((name) => name.replace(/\.json$/, ''))
    .filter(isDigest);

/** The later of modification and change, in milliseconds since the epoch. */
export const touchedAt = ({ mtimeMs, ctimeMs }: Stats): number => Math.max(mtimeMs, ctimeMs);
