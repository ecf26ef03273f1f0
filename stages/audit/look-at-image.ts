import { createHash } from 'node:crypto';
import { mean } from '../../src/learning/metrics/mean.ts';
import { areaMeans } from '../../src/learning/vision/area-means.ts';
import { type DecodedImage, decodeImage } from '../../src/learning/vision/decode-image.ts';
import { readJpegTables } from '../../src/learning/vision/forensics/jpeg-tables.ts';
import { hashSide } from '../../src/learning/vision/forensics/perceptual-hash.ts';
import { radialSpectrum } from '../../src/learning/vision/forensics/radial-spectrum.ts';

/** Pixels a side of the mean images, and of the thumbnail that is to tell the classes. */
export const faceSide = 64;
const thumbnailSide = 16;

/** What is kept of every image, to find its copies and to know how it was saved: two kilobytes. */
export interface Print {
  readonly bytes: number;
  /** Of the file, and of the decoded pixels with their size. */
  readonly fileDigest: string;
  readonly pixelsDigest: string;
  readonly encoding: Encoding;
  /** `[32, 32]`, luma, 0 to 255. */
  readonly grey: Uint8Array;
}

/** What is kept of an image that is examined. */
export interface Look {
  /** Means and deviations over all pixels, 0 to 255. */
  readonly light: Light;
  /** `[16, 16, 3]`, 0 to 255, stretched to the square. */
  readonly thumbnail: Uint8Array;
  /** Of luma: log10 power in each ring. */
  readonly spectrum: Float32Array;
}

/** What is seen of an image that is examined; the face is summed up over images, and not kept. */
export interface Examined {
  readonly look: Look;
  /** `[64, 64, 3]`, 0 to 255, stretched to the square. */
  readonly face: Uint8Array;
}

export interface Encoding {
  /** `jpeg`, `png`, … by the first bytes. */
  readonly format: string;
  /** Of JPEG files: libjpeg's scale, mean steps of luma and of chroma, and what tells the tables from others. */
  readonly quality?: number;
  readonly lumaStep?: number;
  readonly chromaStep?: number;
  readonly tables?: string;
  readonly subsampling?: number;
  readonly progressive?: boolean;
}

export interface Light {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly luma: number;
  /** Deviations of the three, and of luma. */
  readonly deviations: readonly [red: number, green: number, blue: number, luma: number];
}

/** Looks at one encoded image, at its light and its spectrum only when asked to. Throws an `Error` when it cannot be decoded. */
export async function lookAtImage(
  bytes: Buffer,
  { examine }: { readonly examine: boolean },
): Promise<{ readonly print: Print; readonly examined?: Examined }> {
  const image = await decodeImage(bytes);
  const face = new Uint8Array(new Uint8ClampedArray(areaMeans(image, faceSide))); // rounded
  const print: Print = {
    bytes: bytes.length,
    fileDigest: digest(bytes),
    pixelsDigest: digest(image.pixels, `${image.width} x ${image.height}`),
    encoding: readEncoding(bytes),
    grey: toGrey(averaged(face, faceSide / hashSide)),
  };
  if (!examine) return { print };
  const { luma, light } = measureLight(image);
  const look: Look = {
    light,
    thumbnail: averaged(face, faceSide / thumbnailSide),
    spectrum: Float32Array.from(radialSpectrum(luma, image.width, image.height)),
  };
  return { print, examined: { look, face } };
}

function digest(bytes: Uint8Array, prefix = ''): string {
  return createHash('sha256').update(prefix).update(bytes).digest('base64');
}

/** Means over squares of `times` pixels a side, of a square picture of three channels. */
function averaged(pixels: Uint8Array, times: number): Uint8Array {
  const side = faceSide / times;
  const sums = new Float64Array(side * side * 3);
  for (let y = 0, from = 0; y < faceSide; y++) {
    const row = 3 * side * Math.floor(y / times);
    for (let to = row; to < row + 3 * side; to += 3) {
      for (let x = 0; x < times; x++) {
        sums[to]! += pixels[from++]!;
        sums[to + 1]! += pixels[from++]!;
        sums[to + 2]! += pixels[from++]!;
      }
    }
  }
  const means = new Uint8Array(sums.length);
  for (let i = 0; i < means.length; i++) means[i] = Math.round(sums[i]! / times ** 2);
  return means;
}

function toGrey(pixels: Uint8Array): Uint8Array {
  const grey = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = Math.round(lumaOf(pixels[3 * i]!, pixels[3 * i + 1]!, pixels[3 * i + 2]!));
  }
  return grey;
}

/** ITU-R BT.601, as JPEG's Y. */
export const lumaOf = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;

function measureLight({ pixels }: DecodedImage): { readonly luma: Float32Array; readonly light: Light } {
  const count = pixels.length / 3;
  const luma = new Float32Array(count);
  // Sums in numbers, not in an array: every pixel of every image comes by here.
  let [red, green, blue, sum] = [0, 0, 0, 0];
  let [reds, greens, blues, squares] = [0, 0, 0, 0];
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
  const deviation = (squares: number, sum: number) => Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  const light: Light = {
    ...{ red: red / count, green: green / count, blue: blue / count, luma: sum / count },
    deviations: [deviation(reds, red), deviation(greens, green), deviation(blues, blue), deviation(squares, sum)],
  };
  return { luma, light };
}

function readEncoding(bytes: Buffer): Encoding {
  const format = formats.find(([, first]) => bytes.subarray(0, 16).toString('latin1').match(first))?.[0] ?? 'other';
  const jpeg = readJpegTables(bytes);
  if (jpeg === undefined) return { format };
  const [luma = [], chroma = luma] = jpeg.tables;
  const { quality, subsampling, progressive, tables } = jpeg;
  return {
    ...{ format, quality, subsampling, progressive },
    lumaStep: mean(luma),
    chromaStep: mean(chroma),
    tables: tables.map((steps) => steps.join()).join('; '),
  };
}

/** By the bytes that files begin with. */
const formats: readonly (readonly [name: string, first: RegExp])[] = [
  ['jpeg', /^\xff\xd8/],
  ['png', /^\x89PNG/],
  ['gif', /^GIF8/],
  ['webp', /^RIFF.{4}WEBP/s],
  ['tiff', /^II\*\0|^MM\0\*/],
  ['avif', /^.{4}ftyp/s],
];
