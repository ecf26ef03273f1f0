import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { examineImage } from '../../src/learning/vision/decode-image.ts';
import type { StoredFrame } from '../../src/learning/vision/lists/found-image.ts';
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

/** The path of an image below the input, and its place in a shard for one of a data set. */
export interface Question {
  readonly path: string;
  readonly stored: StoredFrame | undefined;
}

/** Reads and decodes one image. */
export async function examine(root: string, { path, stored }: Question): Promise<Examined> {
  try {
    const bytes = stored === undefined ? readFileSync(join(root, path)) : readStored(stored);
    const { width, height, preview, usedBits } = await examineImage(bytes, 256);
    const brightness = meanBrightness(preview.pixels);
    return { bytes, width, height, brightness, ...(usedBits !== undefined && { usedBits }) };
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'no such file'
        : (error as Error).message;
    return { path, reason };
  }
}

function readStored({ shard, offset, size }: StoredFrame): Uint8Array {
  const file = openSync(shard, 'r');
  try {
    const bytes = Buffer.allocUnsafe(size);
    const length = readSync(file, bytes, 0, size, offset);
    if (length < size) throw new Error('its shard is cut short');
    return bytes;
  } finally {
    closeSync(file);
  }
}
