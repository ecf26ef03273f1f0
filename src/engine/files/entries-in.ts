import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './names-in.ts';

/** What gc knows of a file or folder of the cache. Times are in milliseconds since the epoch. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  /** Modification time: a result's is set by its use. */
  readonly used: number;
  /** The later of modification and change: moving a file in makes it young, whatever its own date. */
  readonly touched: number;
}

/** What a folder holds; nothing where there is none. */
export function entriesIn(folder: string): readonly Entry[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined
      ? []
      : [{ name, path, size: stats.size, used: stats.mtimeMs, touched: touchedAt(stats) }];
  });
}

/** The files of `objects/`, `results/` or `checkpoints/`, two levels down. */
export const filesIn = (folder: string): readonly Entry[] => entriesIn(folder).flatMap(({ path }) => entriesIn(path));

export const touchedAt = ({ mtimeMs, ctimeMs }: Stats): number => Math.max(mtimeMs, ctimeMs);
