import { blurValues } from '../../src/learning/vision/augment/blur.ts';
import { type DecodedImage, decodeImage, sharpOf } from '../../src/learning/vision/decode-image.ts';
import { readJpegTables } from '../../src/learning/vision/forensics/jpeg-tables.ts';
import { resample } from '../../src/learning/vision/resample.ts';
import type { Property } from './spec.ts';

/** Middle and half axes of an ellipse in pixels. */
export interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

/** An encoded image, with where its face is. */
export interface ImageOfFace {
  readonly bytes: Uint8Array;
  readonly ellipse: (image: DecodedImage) => Ellipse;
}

/**
 * The image with a property of its partner, encoded as PNG, or as the partner is where the encoding
 * is exchanged. The same two images give the same bytes.
 */
export async function exchangeProperty(
  property: Property,
  image: ImageOfFace,
  partner: ImageOfFace,
): Promise<Buffer> {
  const pixels = await decodeImage(image.bytes);
  if (property === 'encoding') return encodeLike(pixels, partner.bytes);
  const other = await decodeImage(partner.bytes);
  const changed = changes[property](pixels, other, image, partner);
  return sharpOf(changed).png({ compressionLevel: 1 }).toBuffer();
}

type Change = (
  image: DecodedImage,
  partner: DecodedImage,
  ofImage: ImageOfFace,
  ofPartner: ImageOfFace,
) => DecodedImage;

const changes: Readonly<Record<Exclude<Property, 'encoding'>, Change>> = {
  size: sizeOf,
  detail: detailOf,
  brightness: brightnessOf,
  framing: framingOf,
  background: backgroundOf,
};

/** Encodes pixels with the quality and chroma of another file's JPEG; of no JPEG, as PNG. */
async function encodeLike(image: DecodedImage, other: Uint8Array): Promise<Buffer> {
  const tables = readJpegTables(other);
  if (tables === undefined) return sharpOf(image).png({ compressionLevel: 1 }).toBuffer();
  const chromaSubsampling = tables.subsampling > 1 ? '4:2:0' : '4:4:4';
  return sharpOf(image).jpeg({ quality: tables.quality, chromaSubsampling }).toBuffer();
}

/** The image with the area of its partner; its aspect stays. */
function sizeOf(image: DecodedImage, partner: DecodedImage): DecodedImage {
  const factor = Math.sqrt((partner.width * partner.height) / (image.width * image.height));
  const width = Math.max(1, Math.round(image.width * factor));
  const height = Math.max(1, Math.round(image.height * factor));
  return resized(image, width, height);
}

function resized(image: DecodedImage, width: number, height: number): DecodedImage {
  if (width === image.width && height === image.height) return image;
  const { buffer, byteOffset, length } = image.pixels;
  const values = new Uint8ClampedArray(buffer, byteOffset, length);
  const result = resample(values, image, { width, height }, 3, 'lanczos3');
  return { width, height, pixels: new Uint8Array(result.buffer) };
}

/** Deviations of the Gaussians between which bands of detail lie, in pixels. */
const sigmas = [1, 2, 4] as const;

/**
 * Each band of scale gets the deviation of its partner's: what is finer than each Gaussian and
 * coarser than the one before. All colours of a band have one factor, so that hues stay. The
 * coarsest part stays.
 */
function detailOf(image: DecodedImage, partner: DecodedImage): DecodedImage {
  const own = bandsOf(image);
  const others = bandsOf(partner);
  const values = Float32Array.from(own.at(-1)!);
  for (const [index, band] of own.slice(0, -1).entries()) {
    const deviation = rootMeanSquare(band);
    const factor = deviation === 0 ? 1 : rootMeanSquare(others[index]!) / deviation;
    for (const [i, value] of band.entries()) values[i]! += factor * value;
  }
  return rounded(image, values);
}

/** The bands of an image, the finest first, and last what is coarser than all of them. */
function bandsOf(image: DecodedImage): readonly Float32Array[] {
  const bands: Float32Array[] = [];
  let finer = Float32Array.from(image.pixels);
  for (const sigma of sigmas) {
    const coarser = blurValues(image.pixels, image, sigma);
    bands.push(finer.map((value, i) => value - coarser[i]!));
    finer = Float32Array.from(coarser);
  }
  return [...bands, finer];
}

const rootMeanSquare = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

/** Each colour gets the mean and the deviation of its partner's. */
function brightnessOf(image: DecodedImage, partner: DecodedImage): DecodedImage {
  const own = colourMoments(image);
  const others = colourMoments(partner);
  const values = Float32Array.from(image.pixels, (value, i) => {
    const { mean, deviation } = own[i % 3]!;
    const other = others[i % 3]!;
    const factor = deviation === 0 ? 1 : other.deviation / deviation;
    return other.mean + factor * (value - mean);
  });
  return rounded(image, values);
}

function colourMoments({ pixels }: DecodedImage) {
  return [0, 1, 2].map((colour) => {
    let sum = 0;
    let squares = 0;
    for (let i = colour; i < pixels.length; i += 3) {
      sum += pixels[i]!;
      squares += pixels[i]! ** 2;
    }
    const count = pixels.length / 3;
    const mean = sum / count;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
  });
}

/**
 * The face where the partner has its own, and as large: the image is scaled and moved. Edges are
 * repeated where nothing is.
 */
function framingOf(
  image: DecodedImage,
  partner: DecodedImage,
  ofImage: ImageOfFace,
  ofPartner: ImageOfFace,
): DecodedImage {
  const own = ofImage.ellipse(image);
  const other = ofPartner.ellipse(partner);
  const { width, height } = image;
  // Places and lengths are shares of the image, since the partner may have another size.
  const scale =
    Math.sqrt((other.halfWidth / partner.width) * (other.halfHeight / partner.height)) /
    Math.sqrt((own.halfWidth / width) * (own.halfHeight / height));
  const middle = { x: (other.x / partner.width) * width, y: (other.y / partner.height) * height };
  const scaled = resized(
    image,
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  );
  const left = Math.round(own.x * scale - middle.x);
  const top = Math.round(own.y * scale - middle.y);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = clamp(y + top, scaled.height);
    for (let x = 0; x < width; x++) {
      const from = (row * scaled.width + clamp(x + left, scaled.width)) * 3;
      pixels.set(scaled.pixels.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, pixels };
}

const clamp = (at: number, length: number): number => Math.min(length - 1, Math.max(0, at));

/** The share of the ellipse's axes over which face and background mix. */
const feather = 0.15;

/** The pixels outside of the ellipse become the partner's, at the size of the image. */
function backgroundOf(
  image: DecodedImage,
  partner: DecodedImage,
  ofImage: ImageOfFace,
): DecodedImage {
  const { width, height } = image;
  const behind = resized(partner, width, height);
  const { x: middleX, y: middleY, halfWidth, halfHeight } = ofImage.ellipse(image);
  const values = new Float32Array(image.pixels.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const radius = Math.hypot((x + 0.5 - middleX) / halfWidth, (y + 0.5 - middleY) / halfHeight);
      const kept = Math.min(1, Math.max(0, (1 + feather / 2 - radius) / feather));
      const at = (y * width + x) * 3;
      for (let c = at; c < at + 3; c++)
        values[c] = kept * image.pixels[c]! + (1 - kept) * behind.pixels[c]!;
    }
  return rounded(image, values);
}

const rounded = ({ width, height }: DecodedImage, values: Float32Array): DecodedImage => ({
  width,
  height,
  pixels: new Uint8Array(Uint8ClampedArray.from(values).buffer),
});
