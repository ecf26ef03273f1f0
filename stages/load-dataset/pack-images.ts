import type { MissingVideo } from '../../src/learning/vision/dataset/dataset.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import type { Recipe } from '../../src/learning/vision/dataset/recipe.ts';
import { sampleKeys } from '../../src/learning/vision/dataset/sample-keys.ts';
import { type DimImage, isDim } from '../../src/learning/vision/dim-images.ts';
import type { PlacedImage } from '../../src/learning/vision/lists/found-image.ts';
import { mapInThreads } from '../../src/learning/vision/map-in-threads.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import type { StageContext } from '../../src/stage.ts';
import type { Examined, Question, Unreadable } from './examine-image.ts';
import type { CountedImage } from './statistics.ts';

/** A video without an image, in the split that it would be in. */
export type PlacedVideo = Omit<MissingVideo, 'class'> & { readonly split: string };

/** What a data set is made of besides its images. */
interface PackOptions {
  readonly classes: readonly string[];
  readonly splits: readonly string[];
  readonly missing: readonly PlacedVideo[];
  /** How the images were made, where that is known. */
  readonly recipe: Recipe | undefined;
}

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
  { classes, splits, missing, recipe }: PackOptions,
): Promise<Packed> {
  using writer = new DatasetWriter(context.output('dataset'), { classes, splits, recipe });
  const keys = sampleKeys(images.map(({ path }) => path));
  const packed: CountedImage[] = [];
  const dim: DimImage[] = [];
  const failed: Unreadable[] = [];
  let done = 0;
  const results = mapInThreads<PlacedImage, Question, Examined>({
    items: images,
    threads: context.cpus + 1,
    start: () => startWorker(import.meta.url, 'examine-worker', root),
    ask: ({ path, frame }) => ({ path, stored: frame }),
  });
  for await (const examined of results) {
    if ('reason' in examined) failed.push(examined);
    else {
      const { bytes, width, height, brightness, usedBits } = examined;
      const { path, label, source, split, group, slices, frame: stored } = images[done]!;
      const { pair, video, frame, time, face } = stored ?? {};
      const facts = { label, source, path, group, pair, slices, video, frame, time, face };
      writer.add(split, { key: keys.get(path)!, ...facts, width, height }, bytes);
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
  for (const { split, ...video } of missing) writer.addMissing(split, video);
  writer.finish();
  return { packed, dim, unreadable: await explain(root, images, failed) };
}

/**
 * Decodes every failed image again, alone: libvips has one buffer for messages, in which parallel
 * decoders overwrite each other.
 */
async function explain(
  root: string,
  images: readonly PlacedImage[],
  failed: readonly Unreadable[],
): Promise<readonly Unreadable[]> {
  if (failed.length === 0) return [];
  // Loads sharp, which only the threads need otherwise.
  const { examine } = await import('./examine-image.ts');
  const unreadable: Unreadable[] = [];
  const frames = new Map(images.map(({ path, frame }) => [path, frame]));
  for (const image of failed) {
    const again = await examine(root, { path: image.path, stored: frames.get(image.path) });
    unreadable.push('reason' in again ? again : image);
  }
  return unreadable;
}
