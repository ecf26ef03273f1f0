import { writeFileSync } from 'node:fs';
import { writeError } from '../engine/files/write-error.ts';

/** Writes a file that the user asked for by name; throws a `WriteError` that says what to do. */
export function writeUserFile(path: string, content: string | Buffer): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw writeError(path, error);
  }
}
