import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { StageError } from '../../../stage.ts';
import { bundleStart, wrappedLiteral } from './javascript-module.ts';

// Shared by the readers of the weight formats.

/** A tensor of a weight file. Its values stay on the disk until they are read. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The type of its numbers in the file, as the file names it: `F16`, `float32`. */
  readonly type: string;
  /** What its values take in the file; tensors may share bytes. */
  readonly bytes: number;
  /**
   * Its values as float32, row-major, in memory of its own. Throws a `StageError` for another type
   * of number or a short file.
   */
  read(): Float32Array;
}

/** The content of one weight file with its shards; open until it is disposed of. */
export interface StoredWeights extends Disposable {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Which part of the file these are, where it holds more: `state_dict`. */
  readonly part?: string;
}

/**
 * The tensors of a file by their names. Throws a {@link StageError} where two have the same name.
 */
export function byName(
  path: string,
  tensors: readonly StoredTensor[],
): ReadonlyMap<string, StoredTensor> {
  const tensorByName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const twice = tensors.find((tensor) => tensorByName.get(tensor.name) !== tensor);
  if (twice === undefined) return tensorByName;
  throw new StageError(`Expected every tensor once in ${path}, got ${twice.name} twice.`);
}

/**
 * The values of a tensor. Throws a {@link StageError} for one that is not finite: a single NaN
 * makes every output NaN.
 */
export function readFinite(path: string, { name, read }: StoredTensor): Float32Array {
  const values = read();
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index === -1) return values;
  throw new StageError(
    `Expected finite weights, got ${values[index]} as value ${index} of ${name} in ${path}.`,
  );
}

/**
 * Throws a {@link StageError} for damaged variances: those below zero. So is one of zero among
 * whole numbers: a small variance became zero when it was made one, and the channel would be
 * divided by next to nothing.
 */
export function checkVariance(
  path: string,
  { name, type }: StoredTensor,
  values: Float32Array,
): void {
  const isWhole = type === 'uint8' || type === 'uint16';
  const damaged = values.filter((value) => value < 0 || (isWhole && value === 0));
  if (damaged.length === 0) return;
  throw new StageError(
    `Expected variances above zero, got ${damaged.length} of ${values.length} that are not, in ${name} of ${path}: the file is damaged${isWhole ? ` by storing them as ${type}` : ''}.`,
  );
}

/**
 * At most `length` bytes of a file from an offset on; fewer at its end. Throws a {@link StageError}
 * where it cannot be read.
 */
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

/** Far more than the list of a network's tensors takes, in bytes. */
const longestJson = 2 ** 25;

/** The JSON in a file. Throws a {@link StageError} that says what it should be where it is none. */
export function readJson(path: string, expected: string): unknown {
  const size = sizeOfFile(path);
  if (size > longestJson) {
    throw new StageError(`Expected ${expected}, but ${path} is text of ${size} bytes.`);
  }
  const text = new TextDecoder().decode(readBytes(path, 0, size));
  if (text.startsWith(bundleStart)) return wrappedLiteral(path, text);
  try {
    return JSON.parse(text);
  } catch {
    throw new StageError(`Expected ${expected}, but ${path} is not whole JSON.`);
  }
}

/** Whether a file is JSON, or a module that wraps it; the first byte of an ONNX file is another. */
export function isTfjsFile(path: string): boolean {
  const text = Buffer.from(readBytes(path, 0, bundleStart.length)).toString('latin1');
  return /^\s*\{/.test(text) || text === bundleStart;
}

export const sizeOfFile = (path: string): number => withFile(path, (file) => fstatSync(file).size);

function withFile<T>(path: string, use: (file: number) => T): T {
  let file: number;
  try {
    // The opening of a pipe would wait for its writer, without an end.
    if (!statSync(path).isFile()) {
      throw new StageError(`Expected weights in ${path}, but it is no file.`);
    }
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof StageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new StageError(`Expected weights in ${path}, but it cannot be read (${code}).`);
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}
