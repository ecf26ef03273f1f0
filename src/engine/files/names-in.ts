import { readdirSync } from 'node:fs';

/**
 * The names in a folder, in code-unit order; none where there is no folder. One that cannot be read throws: gc would
 * take its silence for leave to remove what the names in it protect.
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
