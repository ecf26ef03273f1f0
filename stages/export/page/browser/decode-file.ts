import type { DecodedImage } from '../../../../src/learning/vision/decode-image.ts';

/** Forms of image files by their first bytes, one character a byte. */
const forms: readonly { readonly name: string; readonly starts: RegExp }[] = [
  { name: 'JPEG', starts: /^\xff\xd8\xff/ },
  { name: 'PNG', starts: /^\x89PNG/ },
  { name: 'GIF', starts: /^GIF8/ },
  { name: 'WebP', starts: /^RIFF.{4}WEBP/s },
  { name: 'BMP', starts: /^BM/ },
  { name: 'AVIF', starts: /^.{4}ftypavi[fs]/s },
  { name: 'HEIC', starts: /^.{4}ftyp(hei|hev|mif1|msf1)/s },
  { name: 'TIFF', starts: /^(II\*\0|MM\0\*)/ },
];
/** Forms that most browsers do not read. */
const rare: readonly (string | undefined)[] = ['HEIC', 'TIFF'];

/** The form of a file that begins with these bytes; undefined for none that is known. */
export function formOf(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes);
  return forms.find(({ starts }) => starts.test(text))?.name;
}

/**
 * An image as a viewer shows it: with EXIF rotation, in sRGB, on white. Throws an `Error` that says
 * what is wrong with a file that the browser cannot read.
 */
export async function decodeFile(file: File): Promise<DecodedImage> {
  const bitmap = await createImageBitmap(file).catch(async () => {
    throw new Error(await whyUnreadable(file));
  });
  try {
    return pixelsOf(bitmap);
  } catch {
    throw new Error(
      `${file.name} has ${sizeText(bitmap)}, too many for this browser: save it smaller first.`,
    );
  } finally {
    bitmap.close();
  }
}

async function whyUnreadable(file: File): Promise<string> {
  if (file.size === 0) return `${file.name} is empty.`;
  const form = formOf(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (form === undefined)
    return `${file.name} is no image that a browser reads: expected a JPEG, PNG, WebP, GIF, AVIF or BMP.`;
  if (rare.includes(form))
    return `${file.name} is a ${form} file, which this browser cannot read: save it as a JPEG or PNG first.`;
  return `This browser cannot read ${file.name}: the ${form} file is damaged, or has too many pixels. Save it again, and smaller.`;
}

/** The most pixels across and down of a part that is read at once. */
const part = { width: 16_384, height: 256 };

/**
 * Read in parts, since browsers limit the sides and the pixels of a canvas: beyond them it stays
 * black without a word. The canvas of a large photograph would also take as much memory as it.
 */
function pixelsOf(bitmap: ImageBitmap): DecodedImage {
  const { width, height } = bitmap;
  const pixels = new Uint8Array(width * height * 3);
  const canvas = document.createElement('canvas');
  canvas.width = Math.min(width, part.width);
  canvas.height = Math.min(height, part.height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = '#fff';
  for (let top = 0; top < height; top += part.height)
    for (let left = 0; left < width; left += part.width) {
      const columns = Math.min(part.width, width - left);
      const rows = Math.min(part.height, height - top);
      context.fillRect(0, 0, columns, rows);
      context.drawImage(bitmap, left, top, columns, rows, 0, 0, columns, rows);
      const { data } = context.getImageData(0, 0, columns, rows);
      for (let row = 0; row < rows; row++) {
        let to = 3 * ((top + row) * width + left);
        const end = 4 * (row + 1) * columns;
        for (let from = 4 * row * columns; from < end; from += 4) {
          pixels[to++] = data[from]!;
          pixels[to++] = data[from + 1]!;
          pixels[to++] = data[from + 2]!;
        }
      }
    }
  return { width, height, pixels };
}

export const sizeText = ({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): string => `${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels`;
