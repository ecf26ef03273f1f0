import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writing } from '../engine/files/write-error.ts';

/**
 * Writes a file that the user named, from the folder in which the name was written. Throws a
 * `WriteError`, which says what to do.
 */
export const writeUserFile = (folder: string, path: string, content: string | Buffer): void =>
  writing(path, () => writeFileSync(resolve(folder, path), content));
