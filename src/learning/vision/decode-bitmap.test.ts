import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBitmap, isBitmap } from './decode-bitmap.ts';

interface BitmapParts {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Stored rows, each padded to a multiple of four bytes. */
  readonly rows: readonly (readonly number[])[];
  readonly palette?: readonly (readonly number[])[];
  readonly compression?: number;
  /** What follows the 40 bytes of `BITMAPINFOHEADER` in a longer header. */
  readonly more?: readonly number[];
}

/** The bytes of a BMP file. */
function bitmap({
  width,
  height,
  bits,
  rows,
  palette = [],
  compression = 0,
  more = [],
}: BitmapParts): Uint8Array {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + more.length + palette.length * 4, 10);
  header.writeUInt32LE(40 + more.length, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(palette.length, 46);
  return Buffer.concat([
    header,
    Buffer.from(more),
    Buffer.from(palette.flat()),
    Buffer.from(rows.flat()),
  ]);
}

const pixelsOf = (bytes: Uint8Array): readonly number[] => [...decodeBitmap(bytes).pixels];

const red = [255, 0, 0, 255];
const green = [0, 255, 0, 255];
const blue = [0, 0, 255, 255];

test('24 bits are stored from the bottom row, blue first; a negative height stores the top row first', () => {
  const bottomUp = [
    [255, 0, 0, 0],
    [0, 0, 255, 0],
  ];
  assert.deepEqual(pixelsOf(bitmap({ width: 1, height: 2, bits: 24, rows: bottomUp })), [
    ...red,
    ...blue,
  ]);
  assert.deepEqual(pixelsOf(bitmap({ width: 1, height: -2, bits: 24, rows: bottomUp })), [
    ...blue,
    ...red,
  ]);
});

test('1, 4 and 8 bits name colours of the palette', () => {
  const palette = [
    [0, 0, 255, 0],
    [0, 255, 0, 0],
  ];
  const expected = [...green, ...red, ...green];
  for (const [bits, row] of [
    [1, [0b10100000, 0, 0, 0]],
    [4, [0x10, 0x10, 0, 0]],
    [8, [1, 0, 1, 0]],
  ] as const) {
    assert.deepEqual(
      pixelsOf(bitmap({ width: 3, height: 1, bits, rows: [row], palette })),
      expected,
      `${bits} bits`,
    );
  }
});

test('32 bits are opaque unless the header names the mask of an alpha', () => {
  const rows = [[10, 20, 30, 40]];
  assert.deepEqual(pixelsOf(bitmap({ width: 1, height: 1, bits: 32, rows })), [30, 20, 10, 255]);
  // The masks of red, green, blue and alpha: red is the first byte here.
  const masks = [0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0xff];
  const withAlpha = bitmap({ width: 1, height: 1, bits: 32, rows, compression: 3, more: masks });
  assert.deepEqual(pixelsOf(withAlpha), [10, 20, 30, 40]);
});

test('what is truncated, damaged or of another form is an error that says so', () => {
  const whole = bitmap({
    width: 2,
    height: 2,
    bits: 24,
    rows: [Array(8).fill(1), Array(8).fill(1)],
  });
  assert.ok(isBitmap(whole));
  assert.equal(isBitmap(Buffer.from('\x89PNG')), false);
  for (let length = 2; length < whole.length; length++) {
    assert.throws(
      () => decodeBitmap(whole.subarray(0, length)),
      /^Error: BMP: the (header is damaged|file ends early)$/,
    );
  }
  const wrong = (parts: Partial<BitmapParts>) => () =>
    decodeBitmap(
      bitmap({
        width: 1,
        height: 1,
        bits: 8,
        rows: [[5, 0, 0, 0]],
        palette: [[0, 0, 0, 0]],
        ...parts,
      }),
    );
  assert.throws(wrong({ compression: 1 }), {
    message: 'BMP: 8 bits with compression 1 cannot be read; save the image as PNG',
  });
  assert.throws(wrong({ bits: 16 }), {
    message: 'BMP: 16 bits with compression 0 cannot be read; save the image as PNG',
  });
  assert.throws(wrong({ width: -1 }), { message: 'BMP: a size of -1 x 1 pixels' });
  assert.throws(wrong({}), { message: 'BMP: colour 5 of a palette of 1' });
});
