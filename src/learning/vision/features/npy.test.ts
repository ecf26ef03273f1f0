import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { NpyWriter, npyHeader, parseNpy, readNpyPart } from './npy.ts';

function npy(rows: number, columns: number, values: readonly number[]): Buffer {
  return Buffer.concat([npyHeader(rows, columns), Buffer.from(Float32Array.from(values).buffer)]);
}

test('a file is that of numpy.save, to the byte', () => {
  // np.save(file, np.array([[1, 2, 3], [4, 5, 6]], dtype="<f4")), NumPy 2.2.
  const dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const header = Buffer.from(`\x93NUMPY\x01\x00v\x00${dictionary.padEnd(117)}\n`, 'latin1');
  assert.deepEqual(npy(2, 3, [1, 2, 3, 4, 5, 6]).subarray(0, 128), header);
  assert.equal(npy(2, 3, [1, 2, 3, 4, 5, 6]).length, 152);
});

test('values read back as they were written, wherever the buffer begins', () => {
  const row = fc.array(fc.float({ noDefaultInfinity: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 0, max: 3 }), (rows, offset) => {
      const bytes = Buffer.concat([
        Buffer.alloc(offset),
        npy(rows.length, 4, rows.flat()),
      ]).subarray(offset);
      const parsed = parseNpy(bytes);
      assert.ok(parsed.ok);
      assert.deepEqual(parsed.value, {
        shape: [rows.length, 4],
        values: Float32Array.from(rows.flat()),
      });
    }),
  );
});

test('arrays have as many axes as they need, written as NumPy writes them', () => {
  for (const [shape, written] of [
    [[2, 3, 4], '(2, 3, 4)'],
    [[5], '(5,)'],
    [[], '()'],
  ] as const) {
    const header = npyHeader(...shape);
    assert.match(
      header.toString('latin1'),
      new RegExp(`'shape': ${written.replace(/[()]/g, '\\$&')}, \\}`),
    );
    const count = shape.reduce((product: number, length) => product * length, 1);
    const values = Float32Array.from({ length: count }, (_, i) => i);
    assert.deepEqual(parseNpy(Buffer.concat([header, Buffer.from(values.buffer)])), {
      ok: true,
      value: { shape, values },
    });
  }
});

test('a part of a file is read without the others, and a part that it lacks is undefined', (t) => {
  const path = join(temporaryFolder(t), 'maps.npy');
  {
    using file = new NpyWriter(path, 3, 1, 2);
    file.add(Float32Array.of(1, 2, 3, 4, 5, 6));
  }
  assert.deepEqual(readNpyPart(path, 1), { shape: [1, 2], values: Float32Array.of(3, 4) });
  assert.deepEqual(
    [-1, 3, Number.NaN].map((index) => readNpyPart(path, index)),
    [undefined, undefined, undefined],
  );
});

test('another format, type or length is refused', () => {
  const error = (bytes: Buffer) => {
    const parsed = parseNpy(bytes);
    return parsed.ok ? undefined : parsed.error;
  };
  assert.equal(error(Buffer.from('PK')), 'expected a .npy file, version 1.0');
  assert.equal(error(npy(2, 2, [1, 2, 3])), 'expected 16 bytes after the header, got 12');
  const doubles = Buffer.from(npy(1, 1, [1, 2]).toString('latin1').replace('<f4', '<f8'), 'latin1');
  assert.match(error(doubles)!, /^expected little-endian float32 in C order, got \{'descr': '<f8'/);
});
