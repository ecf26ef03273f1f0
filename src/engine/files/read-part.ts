import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
} from 'node:fs';

/**
 * At most `most` bytes at the beginning or end of a file, or from an offset on, and their text;
 * `whole` if the file has no more. A stage may put something else in its place: to open a FIFO
 * would wait until somebody writes, so it counts as empty, as does a device.
 */
export function readPart(path: string, most: number, at: 'beginning' | 'end' | number) {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(file);
    const offset = at === 'beginning' ? 0 : at;
    const from = offset === 'end' ? Math.max(0, size - most) : Math.min(offset, size);
    const buffer = Buffer.alloc(Math.min(size - from, most));
    const bytes = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from));
    return { bytes, text: bytes.toString(), whole: size <= most };
  } finally {
    closeSync(file);
  }
}

/** Reads the lines that another process appends to a file, which need not be there yet. */
export class LineReader {
  readonly #path: string;
  readonly #longest: number;
  /** The bytes read so far: up to the end of the last whole line. */
  offset = 0;
  /** Whether the next line is longer than the longest, so that nothing is read any more. */
  isTooLong = false;

  /** No line may have more than `longest` bytes, and no more are read at once. */
  constructor(path: string, longest = Number.POSITIVE_INFINITY) {
    this.#path = path;
    this.#longest = longest;
  }

  /**
   * Whole lines since the last call, without empty ones; with `rest`, also the file's last one
   * without a line break.
   */
  read(rest = false): readonly string[] {
    try {
      const { bytes } = readPart(this.#path, this.#longest + 1, this.offset);
      const isAll = bytes.length <= this.#longest;
      const end = rest && isAll ? bytes.length : bytes.lastIndexOf('\n') + 1;
      this.isTooLong = end === 0 && !isAll;
      this.offset += end;
      const lines = bytes.toString('utf8', 0, end).split('\n');
      return lines.filter((line) => line.trim() !== '');
    } catch {
      return []; // it is not there yet
    }
  }
}

/** The text of at most `most` bytes at the end of a file; empty where it cannot be read. */
export function readEnd(path: string, most: number): string {
  try {
    return readPart(path, most, 'end').text;
  } catch {
    return '';
  }
}

/**
 * The text of a file; empty where it cannot be read, mostly because it is gone or not there yet.
 */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The target of a symbolic link; undefined where there is none. */
export function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * The values of a text with one JSON value for each line. Leaves out empty lines and those that a
 * kill or a full disk tore.
 */
export function jsonLines<T>(text: string): readonly T[] {
  return text.split('\n').flatMap((line): readonly T[] => {
    try {
      const value = JSON.parse(line);
      return typeof value === 'object' && value !== null ? [value] : [];
    } catch {
      return [];
    }
  });
}
