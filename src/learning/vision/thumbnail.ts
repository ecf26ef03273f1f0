import { type DecodedImage, imageAsShown, sharpOf } from './decode-image.ts';

/**
 * A small copy of an image as a data URI, for charts that hold their images: as a viewer shows it,
 * whole and in its proportions, never enlarged, at most `side` pixels in either direction. `image`
 * is an encoded file, or decoded pixels. A `jpeg` has a tenth of the bytes; `png` keeps every
 * pixel. The same image gives the same text.
 *
 * Throws an `Error` with libvips' message when the bytes are not an image, are damaged, or end
 * early.
 */
export async function thumbnail(
  image: Uint8Array | DecodedImage,
  {
    side = 128,
    format = 'jpeg',
  }: { readonly side?: number; readonly format?: 'jpeg' | 'png' } = {},
): Promise<string> {
  const whole = image instanceof Uint8Array ? (await imageAsShown(image)).image : sharpOf(image);
  const small = whole.resize({
    width: side,
    height: side,
    fit: 'inside',
    withoutEnlargement: true,
  });
  const encoded =
    format === 'png'
      ? small.png({ compressionLevel: 9 })
      : small.jpeg({ quality: 82, mozjpeg: true });
  return `data:image/${format};base64,${(await encoded.toBuffer()).toString('base64')}`;
}
