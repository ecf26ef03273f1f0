import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { err, ok, type Result } from '../../../result.ts';

/**
 * NumPy's `.npy` format, version 1.0, for little-endian float32 values of any shape, the last axis
 * fastest.
 */
const magic = '\x93NUMPY\x01\x00';

/** The header of an array of this shape. Its length is a multiple of 64, as NumPy aligns it. */
export function npyHeader(...shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', '); // as Python writes them
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const padded = `${dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([Buffer.from(magic, 'latin1'), length, Buffer.from(padded, 'latin1')]);
}

interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** The content of a file; the error is one sentence. */
export function parseNpy(bytes: Buffer): Result<NpyArray, string> {
  const start = 10 + (bytes.length >= 10 ? bytes.readUInt16LE(8) : 0);
  if (bytes.length < start || bytes.toString('latin1', 0, 8) !== magic)
    return err('expected a .npy file, version 1.0');
  const header = bytes.toString('latin1', 10, start);
  const tuple = /'shape': \(((?:\d+(?:, ?|(?=\))))*)\)/.exec(header)?.[1];
  if (
    !/'descr': '<f4'/.test(header) ||
    !/'fortran_order': False/.test(header) ||
    tuple === undefined
  ) {
    return err(`expected little-endian float32 in C order, got ${header.trim()}`);
  }
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  const count = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - start !== 4 * count) {
    return err(`expected ${4 * count} bytes after the header, got ${bytes.length - start}`);
  }
  const values = new Float32Array(count);
  // A copy, since a buffer of Node's may begin anywhere.
  new Uint8Array(values.buffer).set(bytes.subarray(start));
  return ok({ shape, values });
}

/** More than the header of an array of a few axes takes. */
const mostHeaderBytes = 256;

/**
 * Reads one part of an array along its first axis, from a file of {@link NpyWriter}, without the
 * others. Undefined where the array has no such part.
 */
export function readNpyPart(path: string, index: number): NpyArray | undefined {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(mostHeaderBytes);
    readSync(file, head, 0, head.length, 0);
    const tuple = /'shape': \(([\d, ]+)/.exec(head.toString('latin1'))?.[1] ?? '';
    const [parts = 0, ...shape] = (tuple.match(/\d+/g) ?? []).map(Number);
    if (!(index >= 0 && index < parts)) return undefined;
    const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
    const start = 10 + head.readUInt16LE(8) + values.byteLength * index;
    readSync(file, new Uint8Array(values.buffer), 0, values.byteLength, start);
    return { shape, values };
  } finally {
    closeSync(file);
  }
}

/**
 * Writes an array as a `.npy` file, part by part along its first axis, so that it need not be in
 * memory as a whole.
 */
export class NpyWriter {
  readonly #file: number;

  /** All parts together have the values of `shape`. */
  constructor(path: string, ...shape: readonly number[]) {
    this.#file = openSync(path, 'w');
    writeFileSync(this.#file, npyHeader(...shape));
  }

  add(values: Float32Array): void {
    writeFileSync(this.#file, values);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
