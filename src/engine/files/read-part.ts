import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** At most so many bytes at the beginning or end of a file, as text; `whole` if the file has no more. */
export function readPart(
  path: string,
  most: number,
  at: 'beginning' | 'end',
): { readonly text: string; readonly whole: boolean } {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, most));
    readSync(file, bytes, 0, bytes.length, at === 'end' ? size - bytes.length : 0);
    return { text: bytes.toString('utf8'), whole: size <= most };
  } finally {
    closeSync(file);
  }
}
