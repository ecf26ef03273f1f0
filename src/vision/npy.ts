import { err, ok, type Result } from '../result.ts';

/**
 * The bytes of NumPy's `.npy` format, version 1.0, for one thing: rows of little-endian float32 values, `[rows, columns]`.
 * `numpy.load` reads and `numpy.save` writes them.
 */
const magic = '\x93NUMPY\x01\x00';

/** What precedes the values. Its length is a multiple of 64, as NumPy aligns it. */
export function npyHeader(rows: number, columns: number): Buffer {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const padded = `${dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([Buffer.from(magic, 'latin1'), length, Buffer.from(padded, 'latin1')]);
}

/** The values of a file, `[rows, columns]`, row by row; the error is one sentence on what was expected. */
export function parseNpy(
  bytes: Buffer,
): Result<{ readonly rows: number; readonly columns: number; readonly values: Float32Array<ArrayBuffer> }, string> {
  const start = 10 + (bytes.length >= 10 ? bytes.readUInt16LE(8) : 0);
  if (bytes.length < start || bytes.toString('latin1', 0, 8) !== magic) return err('expected a .npy file, version 1.0');
  const header = bytes.toString('latin1', 10, start);
  const shape = /'shape': \((\d+), (\d+)\)/.exec(header);
  if (!/'descr': '<f4'/.test(header) || !/'fortran_order': False/.test(header) || shape === null) {
    return err(`expected rows of little-endian float32, got ${header.trim()}`);
  }
  const [rows, columns] = [Number(shape[1]), Number(shape[2])];
  const expected = rows * columns * 4;
  if (bytes.length - start !== expected) {
    return err(`expected ${expected} bytes after the header, got ${bytes.length - start}`);
  }
  const values = new Float32Array(rows * columns);
  // A copy, since a buffer of Node's may begin anywhere.
  new Uint8Array(values.buffer).set(bytes.subarray(start));
  return ok({ rows, columns, values });
}
