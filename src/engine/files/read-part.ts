import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

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

/** The text of a file; empty where it cannot be read, most often since it is gone or not there yet. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The values of a text with one JSON value a line. Empty lines, and those that a kill or a full disk tore, are left out. */
export function jsonLines<T>(text: string): readonly T[] {
  return text.split('\n').flatMap((line): readonly T[] => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}
