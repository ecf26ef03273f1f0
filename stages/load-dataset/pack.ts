import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { examineImage } from '../../src/learning/vision/decode-image.ts';
import { mapParallel } from '../../src/learning/vision/parallel-map.ts';
import type { StageContext } from '../../src/stage.ts';
import type { PlacedImage } from './found-image.ts';
import { type CountedImage, meanBrightness } from './statistics.ts';

/** An image that could not be decoded to its end. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/** Decodes every image once to check it, writes the good ones as a dataset, and returns facts about them for statistics. */
export async function packImages(
  context: Pick<StageContext, 'output' | 'cpus' | 'progress'>,
  root: string,
  images: readonly PlacedImage[],
  { classes, splits }: { readonly classes: readonly string[]; readonly splits: readonly string[] },
): Promise<{ readonly packed: readonly CountedImage[]; readonly unreadable: readonly Unreadable[] }> {
  using writer = new DatasetWriter(context.output('dataset'), { classes, splits });
  const keys = sampleKeys(images.map(({ path }) => path));
  const packed: CountedImage[] = [];
  const failed: Unreadable[] = [];
  let done = 0;
  const look = async (image: PlacedImage) => ({ image, ...(await examine(root, image)) });
  for await (const examined of mapParallel(images, context.cpus + 2, look)) {
    if ('reason' in examined) failed.push(examined);
    else {
      const { image, bytes, width, height, brightness } = examined;
      const { path, label, source, split, group } = image;
      writer.add(split, { key: keys.get(path)!, label, source, path, group, width, height }, bytes);
      packed.push({ split, class: classes[label]!, source, group, width, height, bytes: bytes.length, brightness });
    }
    context.progress({ done: ++done, total: images.length, unit: 'images' });
  }
  writer.finish();
  return { packed, unreadable: await explain(root, failed) };
}

/** Looks at every failed image once more, alone: libvips has one place for messages, where those at work overwrite others'. */
async function explain(root: string, failed: readonly Unreadable[]): Promise<readonly Unreadable[]> {
  const unreadable: Unreadable[] = [];
  for (const image of failed) {
    const again = await examine(root, image);
    unreadable.push('reason' in again ? again : image);
  }
  return unreadable;
}

type Examined = Pick<CountedImage, 'width' | 'height' | 'brightness'> & { readonly bytes: Buffer };

async function examine(root: string, { path }: { readonly path: string }): Promise<Examined | Unreadable> {
  try {
    // At once: the runner has hashed the file, so it is in memory, and four trips to threads take longer than that.
    const bytes = readFileSync(join(root, path));
    const { width, height, preview } = await examineImage(bytes, 256);
    return { bytes, width, height, brightness: meanBrightness(preview) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message;
    return { path, reason };
  }
}

/**
 * The key of every path: the path without its extension, as WebDataset readers take it, which end it at the first dot
 * of the file name. Where two paths would share one, both keep the extension.
 */
export function sampleKeys(paths: readonly string[]): ReadonlyMap<string, string> {
  const short = paths.map((path) => undotted(path.slice(0, path.length - posix.extname(path).length)));
  const seen = new Map<string, number>();
  for (const key of short) seen.set(key, (seen.get(key) ?? 0) + 1);
  const keys = new Map(
    paths.map((path, index) => [path, seen.get(short[index]!) === 1 ? short[index]! : undotted(path)]),
  );

  const owners = new Map<string, string>();
  for (const [path, key] of keys) {
    const owner = owners.get(key);
    // Such as a.b.jpg, a_b.png and a_b_png.gif: rather a longer key than one that depends on what else there is.
    if (owner !== undefined) keys.set(path, `${key}_${Buffer.from(path).toString('hex')}`);
    else owners.set(key, path);
  }
  return keys;
}

function undotted(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return path.slice(0, slash) + path.slice(slash).replaceAll('.', '_');
}
