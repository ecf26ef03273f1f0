/** Rows of pixels from the top, 0 to 255: `[height, width, 4]`, RGB and alpha. */
export interface TransparentImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Whether a file begins as a BMP does, which libvips does not read. */
export const isBitmap = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x4d;

/**
 * Decodes a BMP file: 1, 4 or 8 bits with a palette, 24 bits, or 32 bits, which have an alpha where
 * the header names its mask. Throws an `Error` for other forms (RLE, 16 bits), and for a file that
 * ends early.
 *
 * Source: Microsoft, "Bitmap storage" and the structures `BITMAPCOREHEADER` to `BITMAPV5HEADER`.
 */
export function decodeBitmap(bytes: Uint8Array): TransparentImage {
  const header = readHeader(bytes);
  const { width, height, bits, start, isTopDown } = header;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (start + stride * height > bytes.length) throw new Error('BMP: the file ends early');
  const colourAt = bits <= 8 ? paletteColours(bytes, header) : directColours(bytes, header);
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const row = start + stride * (isTopDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) pixels.set(colourAt(row, x), (y * width + x) * 4);
  }
  return { width, height, pixels };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** The offset of the first row that is stored. */
  readonly start: number;
  readonly isTopDown: boolean;
  /** The colours of the palette, the offset of the first, and the bytes of each. */
  readonly palette: { readonly colours: number; readonly start: number; readonly size: number };
  /**
   * The bytes of a pixel of 32 bits that hold red, green, blue and alpha; no byte where there is no
   * alpha.
   */
  readonly order: readonly [number, number, number, number | undefined];
}

const uncompressed = 0;
const withMasks = 3;

function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = bytes.length < 26 ? 0 : view.getUint32(14, true);
  const isCore = size === 12;
  if (bytes.length < 14 + size || (!isCore && size < 40))
    throw new Error('BMP: the header is damaged');
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? uncompressed : view.getUint32(30, true);
  const height = Math.abs(signedHeight);
  const hasMasks = compression === withMasks && bits === 32;
  if (![1, 4, 8, 24, 32].includes(bits) || (compression !== uncompressed && !hasMasks)) {
    throw new Error(
      `BMP: ${bits} bits with compression ${compression} cannot be read; save the image as PNG`,
    );
  }
  if (width < 1 || height < 1) throw new Error(`BMP: a size of ${width} x ${height} pixels`);
  // The masks of the oldest header with masks follow it; later headers hold them.
  const end = 14 + size + (hasMasks && size === 40 ? 12 : 0);
  if (hasMasks && bytes.length < 66) throw new Error('BMP: the file ends early');
  const named = isCore ? 0 : view.getUint32(46, true);
  const mask = (at: number) => byteOfMask(view.getUint32(at, true));
  return {
    width,
    height,
    bits,
    start: view.getUint32(10, true),
    isTopDown: signedHeight < 0,
    palette: { colours: named || 2 ** Math.min(bits, 8), start: end, size: isCore ? 3 : 4 },
    order: hasMasks ? [mask(54), mask(58), mask(62), alphaByte(view, size)] : [2, 1, 0, undefined],
  };
}

const alphaByte = (view: DataView, size: number): number | undefined =>
  size >= 56 && view.getUint32(66, true) !== 0 ? byteOfMask(view.getUint32(66, true)) : undefined;

function byteOfMask(mask: number): number {
  const byte = [0xff, 0xff00, 0xff0000, 0xff000000].indexOf(mask);
  if (byte < 0) {
    throw new Error(
      `BMP: a channel has the bits ${mask.toString(16)}, not a whole byte; save the image as PNG`,
    );
  }
  return byte;
}

/** The colour of the pixel `x` of the row that begins at the byte `row`. */
type ColourAt = (row: number, x: number) => readonly number[];

function paletteColours(bytes: Uint8Array, { bits, palette }: Header): ColourAt {
  const { colours, start, size } = palette;
  if (start + colours * size > bytes.length) throw new Error('BMP: the file ends early');
  const table = Array.from({ length: colours }, (_, i) => {
    const at = start + i * size;
    return [bytes[at + 2]!, bytes[at + 1]!, bytes[at]!, 255];
  });
  const perByte = 8 / bits;
  return (row, x) => {
    const shift = 8 - bits * ((x % perByte) + 1);
    const index = (bytes[row + Math.floor(x / perByte)]! >> shift) & (2 ** bits - 1);
    const colour = table[index];
    if (colour === undefined) throw new Error(`BMP: colour ${index} of a palette of ${colours}`);
    return colour;
  };
}

function directColours(bytes: Uint8Array, { bits, order }: Header): ColourAt {
  const [red, green, blue, alpha] = order;
  return (row, x) => {
    const at = row + (x * bits) / 8;
    return [
      bytes[at + red]!,
      bytes[at + green]!,
      bytes[at + blue]!,
      alpha === undefined ? 255 : bytes[at + alpha]!,
    ];
  };
}
