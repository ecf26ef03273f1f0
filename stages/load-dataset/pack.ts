import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { sampleKeys } from '../../src/learning/vision/dataset/sample-keys.ts';
import { type DimImage, isDim } from '../../src/learning/vision/dim-images.ts';
import { mapInThreads } from '../../src/learning/vision/map-in-threads.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import type { StageContext } from '../../src/stage.ts';
import type { Examined, Unreadable } from './examine.ts';
import type { PlacedImage } from './finding/found-image.ts';
import type { CountedImage } from './statistics.ts';

/** The images of a data set that was written. */
interface Packed {
  /** Facts for statistics. */
  readonly packed: readonly CountedImage[];
  readonly dim: readonly DimImage[];
  readonly unreadable: readonly Unreadable[];
}

/** Decodes every image once to check it, and writes the good ones as a dataset. */
export async function packImages(
  context: StageContext<unknown>,
  root: string,
  images: readonly PlacedImage[],
  { classes, splits }: { readonly classes: readonly string[]; readonly splits: readonly string[] },
): Promise<Packed> {
  using writer = new DatasetWriter(context.output('dataset'), { classes, splits });
  const keys = sampleKeys(images.map(({ path }) => path));
  const packed: CountedImage[] = [];
  const dim: DimImage[] = [];
  const failed: Unreadable[] = [];
  let done = 0;
  const results = mapInThreads<PlacedImage, string, Examined>({
    items: images,
    threads: context.cpus + 1,
    start: () => startWorker(import.meta.url, 'examine-worker', root),
    ask: ({ path }) => path,
  });
  for await (const examined of results) {
    if ('reason' in examined) failed.push(examined);
    else {
      const { bytes, width, height, brightness, usedBits } = examined;
      const { path, label, source, split, group, slices } = images[done]!;
      writer.add(
        split,
        { key: keys.get(path)!, label, source, path, group, slices, width, height },
        bytes,
      );
      packed.push({
        split,
        class: classes[label]!,
        source,
        group,
        width,
        height,
        bytes: bytes.length,
        brightness,
      });
      if (isDim(usedBits)) dim.push({ path, usedBits });
    }
    context.progress({ done: ++done, total: images.length, unit: 'images' });
  }
  writer.finish();
  return { packed, dim, unreadable: await explain(root, failed) };
}

/**
 * Decodes every failed image again, alone: libvips has one buffer for messages, in which parallel
 * decoders overwrite each other.
 */
async function explain(
  root: string,
  failed: readonly Unreadable[],
): Promise<readonly Unreadable[]> {
  if (failed.length === 0) return [];
  // Loads sharp, which only the threads need otherwise.
  const { examine } = await import('./examine.ts');
  const unreadable: Unreadable[] = [];
  for (const image of failed) {
    const again = await examine(root, image.path);
    unreadable.push('reason' in again ? again : image);
  }
  return unreadable;
}
