import type { Random } from '../../../random.ts';
import { type DecodedImage, decodeImage, sharpOf } from '../decode-image.ts';

/** Multiplies the distance of every value from the image's mean grey; 1 leaves all values. */
export function lowerContrast(image: DecodedImage, factor: number): DecodedImage {
  let sum = 0;
  for (const value of image.pixels) sum += value;
  const middle = sum / image.pixels.length;
  const pixels = new Uint8ClampedArray(image.pixels.length);
  for (const [i, value] of image.pixels.entries()) pixels[i] = middle + factor * (value - middle);
  return { ...image, pixels: new Uint8Array(pixels.buffer) };
}

/** Sides of the squares of {@link coverBlocks}, as a share of the shorter side of the image. */
const blockShare = 1 / 16;

/**
 * Covers a share of the image with squares of one colour each, at random positions of a grid: local
 * block-wise distortion (Jiang et al. 2020, "DeeperForensics-1.0").
 */
export function coverBlocks(image: DecodedImage, share: number, random: Random): DecodedImage {
  const { width, height } = image;
  const side = Math.max(1, Math.round(blockShare * Math.min(width, height)));
  const columns = Math.ceil(width / side);
  const positions = Array.from({ length: columns * Math.ceil(height / side) }, (_, index) => index);
  const pixels = image.pixels.slice();
  for (let block = 0; block < Math.round(share * positions.length); block++) {
    const chosen = block + random.integer(positions.length - block);
    const position = positions[chosen]!;
    positions[chosen] = positions[block]!;
    const colour = [random.integer(256), random.integer(256), random.integer(256)];
    const left = (position % columns) * side;
    const top = Math.floor(position / columns) * side;
    for (let y = top; y < Math.min(height, top + side); y++)
      for (let x = left; x < Math.min(width, left + side); x++)
        pixels.set(colour, (y * width + x) * 3);
  }
  return { width, height, pixels };
}

/** Gives the pixels of each square, from the top left corner on, their mean colour. */
export function pixelate(image: DecodedImage, side: number): DecodedImage {
  const { width, height } = image;
  const pixels = new Uint8Array(image.pixels.length);
  for (let top = 0; top < height; top += side)
    for (let left = 0; left < width; left += side) {
      const bottom = Math.min(height, top + side);
      const right = Math.min(width, left + side);
      const sums = [0, 0, 0];
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++)
          for (let c = 0; c < 3; c++) sums[c]! += image.pixels[(y * width + x) * 3 + c]!;
      const count = (bottom - top) * (right - left);
      const colour = sums.map((sum) => Math.round(sum / count));
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) pixels.set(colour, (y * width + x) * 3);
    }
  return { width, height, pixels };
}

/**
 * Compresses as JPEG on a grid of blocks that begins `shift` pixels before the image, in both
 * directions, and decodes: what an image has been through that was cropped before it was compressed
 * again. Mirrored pixels fill what lies before the image.
 */
export async function compressShifted(
  image: DecodedImage,
  { quality, shift }: { readonly quality: number; readonly shift: number },
): Promise<DecodedImage> {
  const { width, height } = image;
  const extended = sharpOf(image).extend({ top: shift, left: shift, extendWith: 'mirror' });
  const encoded = await extended.jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
  const decoded = await decodeImage(encoded);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((y + shift) * decoded.width + shift) * 3;
    pixels.set(decoded.pixels.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, pixels };
}
