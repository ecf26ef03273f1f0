import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../../digest.ts';

/** Sorted names in a folder; none without one. An unreadable folder throws: gc must not take it for an empty one. */
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
  /** The later of modification and change: moving a file in makes it young, whatever its own date. */
  readonly touched: number;
}

export function entriesIn(folder: string): readonly Entry[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats ? [{ name, path, size: stats.size, used: stats.mtimeMs, touched: touchedAt(stats) }] : [];
  });
}

/** The files of `objects/`, `results/` or `checkpoints/`, two levels down. */
export const filesIn = (folder: string): readonly Entry[] => entriesIn(folder).flatMap(({ path }) => entriesIn(path));

/** The digests for which files are named there. It does not look at the files. */
export const digestsIn = (folder: string): readonly Digest[] =>
  namesIn(folder)
    .flatMap((name) => namesIn(join(folder, name)))
    .map((name) => name.replace(/\.json$/, ''))
    .filter(isDigest);

export const touchedAt = ({ mtimeMs, ctimeMs }: Stats): number => Math.max(mtimeMs, ctimeMs);
