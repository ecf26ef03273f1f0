/** A segment of the head of a JPEG file (ITU-T T.81, annex B). */
export interface Segment {
  /** The second byte of its marker, such as C0 to CF for SOF. */
  readonly marker: number;
  /** What stands after its length. */
  readonly body: Uint8Array;
}

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;

/** Whether a segment begins a frame (SOF); C4, C8 and CC are others. */
export const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** The segments up to the first scan. */
export function* segmentsOf(bytes: Uint8Array): Generator<Segment, undefined> {
  let at = 2;
  while (at + 3 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // filling
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return;
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    yield { marker, body: bytes.subarray(at + 4, at + 2 + length) };
    at += 2 + length;
  }
}

/**
 * The size in pixels of a JPEG file that is shown as it is stored: one of 8 bits, in grey or three
 * components, without EXIF, which could turn it. Undefined for any other file.
 */
export function sizeOfPlainJpeg(
  bytes: Uint8Array,
): { readonly width: number; readonly height: number } | undefined {
  if (!isJpeg(bytes)) return undefined;
  let frame: Uint8Array | undefined;
  for (const { marker, body } of segmentsOf(bytes)) {
    if (marker === exifMarker && hasExif(body)) return undefined;
    if (isFrame(marker)) frame = body;
  }
  if (frame === undefined || frame.length < 6) return undefined;
  const [bits, heightHigh, heightLow, widthHigh, widthLow, components] = frame;
  const height = heightHigh! * 256 + heightLow!;
  const width = widthHigh! * 256 + widthLow!;
  // The height may stand after the first scan, as 0 says.
  const isPlain = bits === 8 && (components === 1 || components === 3) && height > 0 && width > 0;
  return isPlain ? { width, height } : undefined;
}

const exifMarker = 0xe1;

const hasExif = (body: Uint8Array): boolean =>
  [...'Exif'].every((letter, index) => body[index] === letter.charCodeAt(0));
