import { writeFileSync } from 'node:fs';
import { writing } from '../engine/files/write-error.ts';

/** Writes a file that the user named. Throws a `WriteError` with what to do. */
export const writeUserFile = (path: string, content: string | Buffer): void =>
  writing(path, () => writeFileSync(path, content));
