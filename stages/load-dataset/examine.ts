import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examineImage } from '../../src/learning/vision/decode-image.ts';
import { meanBrightness } from './statistics.ts';

/** An image that could not be decoded to its end. */
export type Unreadable = { readonly path: string; readonly reason: string };
/** An encoded image, with its mean luma, 0 to 255. */
export type Examined =
  | { readonly bytes: Uint8Array; readonly width: number; readonly height: number; readonly brightness: number }
  | Unreadable;

/** Reads and decodes one image. */
export async function examine(root: string, path: string): Promise<Examined> {
  try {
    const bytes = readFileSync(join(root, path));
    const { width, height, preview } = await examineImage(bytes, 256);
    return { bytes, width, height, brightness: meanBrightness(preview) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message;
    return { path, reason };
  }
}
