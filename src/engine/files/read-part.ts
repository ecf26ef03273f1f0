import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** At most so many bytes at the beginning or end of a file, or from a byte on, as text; `whole` if the file has no more. */
export function readPart(
  path: string,
  most: number,
  at: 'beginning' | 'end' | number,
): { readonly text: string; readonly whole: boolean } {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const from = at === 'end' ? Math.max(0, size - most) : at === 'beginning' ? 0 : Math.min(at, size);
    const bytes = Buffer.alloc(Math.min(size - from, most));
    const read = readSync(file, bytes, 0, bytes.length, from);
    return { text: bytes.toString('utf8', 0, read), whole: size <= most };
  } finally {
    closeSync(file);
  }
}

/** Reads the lines that another process appends to a file, which need not be there yet. */
export class LineReader {
  readonly #path: string;
  #at = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The whole lines since the last call, without empty ones; with `rest`, also a last line that has no end. */
  read(rest = false): readonly string[] {
    try {
      const { text } = readPart(this.#path, Number.POSITIVE_INFINITY, this.#at);
      const whole = rest ? text : text.slice(0, text.lastIndexOf('\n') + 1);
      this.#at += Buffer.byteLength(whole);
      return whole.split('\n').filter((line) => line.trim() !== '');
    } catch {
      return []; // it is not there yet
    }
  }
}

/** At most so many bytes at the end of a file, as text; empty where it cannot be read. */
export function readEnd(path: string, most: number): string {
  try {
    return readPart(path, most, 'end').text;
  } catch {
    return '';
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
