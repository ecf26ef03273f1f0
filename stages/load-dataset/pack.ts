import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetWriter } from '../../src/vision/dataset-writer.ts';
import { examineImage } from '../../src/vision/decode-image.ts';
import { mapParallel } from '../../src/vision/parallel-map.ts';
import type { PlacedImage } from './found-image.ts';
import { sampleKeys } from './sample-keys.ts';
import { meanBrightness, Statistics } from './statistics.ts';

/** An image that could not be decoded to its end. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

export interface PackOptions {
  readonly classes: readonly string[];
  readonly splits: readonly string[];
  /** Images read and decoded at once. */
  readonly parallel: number;
  readonly progress: (done: number) => void;
}

/** Decodes every image once to check it, writes the good ones as a dataset into `folder`, and counts them. */
export async function packImages(
  root: string,
  images: readonly PlacedImage[],
  folder: string,
  { classes, splits, parallel, progress }: PackOptions,
): Promise<{ readonly statistics: Statistics; readonly unreadable: readonly Unreadable[] }> {
  using writer = new DatasetWriter(folder, { classes, splits });
  const keys = sampleKeys(images.map(({ path }) => path));
  const statistics = new Statistics();
  const unreadable: Unreadable[] = [];
  let done = 0;
  for await (const examined of mapParallel(images, parallel, (image) => examine(root, image))) {
    if ('reason' in examined) unreadable.push(examined);
    else {
      const { image, bytes, width, height, brightness } = examined;
      const { path, label, source, split, group } = image;
      writer.add(split, { key: keys.get(path)!, label, source, path, group, width, height }, bytes);
      const size = { width, height, bytes: bytes.length };
      statistics.add({ split, class: classes[label]!, source, group, ...size, brightness });
    }
    progress(++done);
  }
  writer.finish();
  return { statistics, unreadable };
}

interface Examined {
  readonly image: PlacedImage;
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
  readonly brightness: number;
}

async function examine(root: string, image: PlacedImage): Promise<Examined | Unreadable> {
  try {
    const bytes = await readFile(join(root, image.path));
    const { width, height, preview } = await examineImage(bytes, 256);
    return { image, bytes, width, height, brightness: meanBrightness(preview) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message;
    return { path: image.path, reason };
  }
}
