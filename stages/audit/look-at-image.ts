import { createHash } from 'node:crypto';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { areaMeans } from '../../src/learning/vision/area-means.ts';
import { type DecodedImage, decodeImage } from '../../src/learning/vision/decode-image.ts';
import { readJpegTables } from '../../src/learning/vision/forensics/jpeg-tables.ts';
import { hashSide } from '../../src/learning/vision/forensics/perceptual-hash.ts';
import { radialSpectrum } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { lumaOf } from '../../src/learning/vision/luma.ts';

/** Sides of the mean images and of the thumbnail that a shortcut is tested on, in pixels. */
export const meanSide = 64;
const thumbnailSide = 16;

/** What is read from an image; `examined` only on demand. */
export type Look = Awaited<ReturnType<typeof lookAtImage>>;
/** What is kept of every image to find its copies and show how it was saved: two kilobytes. */
export type Print = Look['print'];
/** What the statistics of the classes need of an image. */
export type Examined = ReturnType<typeof examineImage>;

/** How an image file is encoded. */
export interface Encoding {
  /** `jpeg`, `png`, … by the first bytes. */
  readonly format: string;
  /**
   * Only of JPEG files: the quality on libjpeg's scale, mean steps of luma and chroma, and the
   * tables as one text.
   */
  readonly quality?: number;
  readonly lumaStep?: number;
  readonly chromaStep?: number;
  readonly tables?: string;
  readonly subsampling?: number;
  readonly progressive?: boolean;
}

/**
 * Looks at one encoded image, at its light and spectrum only on demand. Throws an `Error` where it
 * cannot be decoded.
 */
export async function lookAtImage(bytes: Buffer, { examine }: { readonly examine: boolean }) {
  const image = await decodeImage(bytes);
  const reduced = roundToBytes(areaMeans(image, meanSide));
  const print = {
    bytes: bytes.length,
    fileDigest: digest(bytes),
    /** The digest of the decoded pixels and their size. */
    pixelsDigest: digest(image.pixels, `${image.width} x ${image.height}`),
    encoding: readEncoding(bytes),
    /** `[32, 32]`, luma, 0 to 255. */
    grey: toGrey(averageSquares(reduced, meanSide / hashSide)),
  };
  return { print, ...(examine && { examined: examineImage(image, reduced) }) };
}

function examineImage(image: DecodedImage, reduced: Uint8Array) {
  const { luma, light } = measureLight(image);
  return {
    look: {
      light,
      /** `[16, 16, 3]`, 0 to 255, stretched to the square. */
      thumbnail: averageSquares(reduced, meanSide / thumbnailSide),
      /** log10 power of luma in each ring. */
      spectrum: Float32Array.from(radialSpectrum(luma, image.width, image.height)),
    },
    /**
     * `[64, 64, 3]`, 0 to 255, stretched to the square; it is added to the mean of its class and
     * not kept.
     */
    reduced,
  };
}

/** By a loop, which is five times as fast as the constructor of `Uint8ClampedArray`. */
function roundToBytes(values: Float64Array): Uint8Array {
  const clamped = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) clamped[i] = values[i]!;
  return new Uint8Array(clamped.buffer);
}

function digest(bytes: Uint8Array, prefix = ''): string {
  return createHash('sha256').update(prefix).update(bytes).digest('base64');
}

/** Means over squares of `times` pixels a side, of a square picture with three channels. */
function averageSquares(pixels: Uint8Array, times: number): Uint8Array {
  const side = meanSide / times;
  const means = new Uint8Array(side * side * 3);
  let i = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const first = 3 * times * (y * meanSide + x) + channel;
        let sum = 0;
        for (let dy = 0; dy < times; dy++) {
          const row = first + 3 * meanSide * dy;
          for (let at = row; at < row + 3 * times; at += 3) sum += pixels[at]!;
        }
        means[i++] = Math.round(sum / times ** 2);
      }
    }
  }
  return means;
}

function toGrey(pixels: Uint8Array): Uint8Array {
  const grey = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = Math.round(lumaOf(pixels[3 * i]!, pixels[3 * i + 1]!, pixels[3 * i + 2]!));
  }
  return grey;
}

/** The luma of all pixels, and means over them, 0 to 255, with deviations. */
function measureLight({ pixels }: DecodedImage) {
  const count = pixels.length / 3;
  const luma = new Float32Array(count);
  // Local numbers, each declared alone, are the fastest sums, and every pixel of every image passes
  // here.
  let red = 0;
  let green = 0;
  let blue = 0;
  let sum = 0;
  let reds = 0;
  let greens = 0;
  let blues = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const r = pixels[3 * i]!;
    const g = pixels[3 * i + 1]!;
    const b = pixels[3 * i + 2]!;
    const value = lumaOf(r, g, b);
    luma[i] = value;
    red += r;
    green += g;
    blue += b;
    sum += value;
    reds += r * r;
    greens += g * g;
    blues += b * b;
    squares += value * value;
  }
  const deviation = (squares: number, sum: number) =>
    Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  const light = {
    red: red / count,
    green: green / count,
    blue: blue / count,
    luma: sum / count,
    deviations: [
      deviation(reds, red),
      deviation(greens, green),
      deviation(blues, blue),
      deviation(squares, sum),
    ],
  };
  return { luma, light };
}

function readEncoding(bytes: Buffer): Encoding {
  const format =
    formats.find(([, first]) => first.test(bytes.toString('latin1', 0, 16)))?.[0] ?? 'other';
  const jpeg = readJpegTables(bytes);
  if (jpeg === undefined) return { format };
  const { quality, subsampling, progressive, tables } = jpeg;
  const [luma = [], chroma = luma] = tables;
  const text = tables.map((steps) => steps.join()).join('; ');
  const steps = { lumaStep: mean(luma), chromaStep: mean(chroma), tables: text };
  return { format, quality, subsampling, progressive, ...steps };
}

const formats: readonly (readonly [name: string, first: RegExp])[] = [
  ['jpeg', /^\xff\xd8/],
  ['png', /^\x89PNG/],
  ['gif', /^GIF8/],
  ['webp', /^RIFF.{4}WEBP/s],
  ['tiff', /^II\*\0|^MM\0\*/],
  ['avif', /^.{4}ftyp/s],
  ['bmp', /^BM/],
];
