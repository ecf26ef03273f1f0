import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { mean } from '../../src/metrics/mean.ts';
import { type DecodedImage, decodeImage } from '../../src/vision/decode-image.ts';
import { readJpegTables } from '../../src/vision/forensics/jpeg-tables.ts';
import { hashSide } from '../../src/vision/forensics/perceptual-hash.ts';
import { radialSpectrum } from '../../src/vision/forensics/radial-spectrum.ts';

/** Pixels a side of the mean images, and of the thumbnail that is to tell the classes. */
export const faceSide = 64;
const thumbnailSide = 16;

/** What is kept of an image: three kilobytes. */
export interface Look {
  readonly bytes: number;
  /** Of the file, and of the decoded pixels with their size. */
  readonly fileDigest: string;
  readonly pixelsDigest: string;
  readonly encoding: Encoding;
  /** Means and deviations over all pixels, 0 to 255. */
  readonly light: Light;
  /** `[16, 16, 3]`, 0 to 255, stretched to the square. */
  readonly thumbnail: Uint8Array;
  /** `[32, 32]`, luma, 0 to 255. */
  readonly grey: Uint8Array;
  /** Of luma: log10 power in each ring. */
  readonly spectrum: Float32Array;
}

/** What is summed up over images, and not kept. */
export interface Seen {
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

/** Looks at one encoded image. Throws an `Error` when it cannot be decoded. */
export async function lookAtImage(bytes: Buffer): Promise<Seen> {
  const image = await decodeImage(bytes);
  const face = await shrink(image);
  const { luma, light } = measureLight(image);
  const look: Look = {
    bytes: bytes.length,
    fileDigest: digest(bytes),
    pixelsDigest: digest(image.pixels, `${image.width} x ${image.height}`),
    encoding: readEncoding(bytes),
    light,
    thumbnail: averaged(face, faceSide / thumbnailSide),
    grey: toGrey(averaged(face, faceSide / hashSide)),
    spectrum: Float32Array.from(radialSpectrum(luma, image.width, image.height)),
  };
  return { look, face };
}

function digest(bytes: Uint8Array, prefix = ''): string {
  return createHash('sha256').update(prefix).update(bytes).digest('base64');
}

async function shrink({ width, height, pixels }: DecodedImage): Promise<Uint8Array> {
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return image.resize(faceSide, faceSide, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
}

/** Means over squares of `times` pixels a side, of a square picture of three channels. */
function averaged(pixels: Uint8Array, times: number): Uint8Array {
  const side = faceSide / times;
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3];
    let sum = 0;
    for (let row = 0; row < times; row++) {
      for (let column = 0; column < times; column++) {
        sum += pixels[((y * times + row) * faceSide + x * times + column) * 3 + channel]!;
      }
    }
    return Math.round(sum / times ** 2);
  });
}

const toGrey = (pixels: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: pixels.length / 3 }, (_, i) =>
    Math.round(lumaOf(pixels[3 * i]!, pixels[3 * i + 1]!, pixels[3 * i + 2]!)),
  );

/** ITU-R BT.601, as JPEG's Y. */
export const lumaOf = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;

function measureLight({ pixels }: DecodedImage): { readonly luma: Float32Array; readonly light: Light } {
  const count = pixels.length / 3;
  const luma = new Float32Array(count);
  const [sums, squares] = [new Float64Array(4), new Float64Array(4)];
  const add = (channel: number, value: number) => {
    sums[channel]! += value;
    squares[channel]! += value * value;
  };
  for (let i = 0; i < count; i++) {
    const red = pixels[3 * i]!;
    const green = pixels[3 * i + 1]!;
    const blue = pixels[3 * i + 2]!;
    const value = lumaOf(red, green, blue);
    luma[i] = value;
    add(0, red);
    add(1, green);
    add(2, blue);
    add(3, value);
  }
  const [red = 0, green = 0, blue = 0, mean = 0] = sums.map((sum) => sum / count);
  const deviations = Array.from(squares, (sum, k) => Math.sqrt(Math.max(0, sum / count - (sums[k]! / count) ** 2)));
  return { luma, light: { red, green, blue, luma: mean, deviations: deviations as [number, number, number, number] } };
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
