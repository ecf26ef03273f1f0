import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examineImage } from '../../src/learning/vision/decode-image.ts';
import { meanBrightness } from './statistics.ts';

/** An image that could not be decoded to its end. */
export type Unreadable = { readonly path: string; readonly reason: string };
/** An encoded image, with its mean luma, 0 to 255, and of 16 bits those that its values use. */
export interface ReadImage {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly brightness: number;
  readonly usedBits?: number;
}
export type Examined = ReadImage | Unreadable;

/** Reads and decodes one image. */
export async function examine(root: string, path: string): Promise<Examined> {
  try {
    const bytes = readFileSync(join(root, path));
    const { width, height, preview, usedBits } = await examineImage(bytes, 256);
    const brightness = meanBrightness(preview);
    return { bytes, width, height, brightness, ...(usedBits !== undefined && { usedBits }) };
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'no such file'
        : (error as Error).message;
    return { path, reason };
  }
}
