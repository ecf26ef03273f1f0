import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StageError } from '../../../stage.ts';

/** So many bytes of a file from an offset on, or as many as it has. Throws a {@link StageError} where it cannot be read. */
export function readBytes(path: string, offset: number, length: number): Uint8Array<ArrayBuffer> {
  return withFile(path, (file) => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, fstatSync(file).size - offset)));
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(file, bytes, done, bytes.length - done, offset + done);
      if (read === 0) return bytes.slice(0, done);
      done += read;
    }
    return bytes;
  });
}

export const sizeOfFile = (path: string): number => withFile(path, (file) => fstatSync(file).size);

function withFile<T>(path: string, use: (file: number) => T): T {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new StageError(
      `Expected weights in ${path}, but it cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}
