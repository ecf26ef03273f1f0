/** Width and height of a picture, in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size that the header of a PNG or WebP file states. A page that gives it keeps the place of
 * the picture while it loads.
 *
 * PNG: the first chunk, `IHDR`. WebP (RFC 9649): `VP8 ` is lossy, `VP8L` lossless, `VP8X` extended.
 */
export function pictureSize(bytes: Buffer): PictureSize {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'IHDR':
      return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const packed = bytes.readUInt32LE(21);
      return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      throw new Error('Internal error: a picture of the documentation is neither PNG nor WebP');
  }
}
