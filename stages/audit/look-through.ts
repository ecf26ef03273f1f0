import { StageError } from '../../src/stage.ts';
import type { Dataset } from '../../src/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../src/vision/parallel-map.ts';
import type { AuditedImage } from './audited-image.ts';
import { lookAtImage, type Seen } from './look-at-image.ts';
import { type ClassMeans, MeansOfClass } from './means.ts';

/** What was seen of a data set. */
export interface LookedThrough {
  /** In the order of splits, and of each split's list. */
  readonly images: readonly AuditedImage[];
  /** By label. */
  readonly classes: readonly ClassMeans[];
}

interface LookOptions {
  /** Images decoded at once. */
  readonly parallel: number;
  readonly progress: (done: number, total: number) => void;
}

/** Decodes every image of some splits once, one after the other, and keeps three kilobytes of each. */
export async function lookThrough(
  dataset: Dataset,
  splits: readonly string[],
  { parallel, progress }: LookOptions,
): Promise<LookedThrough> {
  const places = splits.flatMap((split) =>
    dataset.split(split).samples.map((sample, index) => ({ split, index, sample })),
  );
  const sums = dataset.classes.map(() => new MeansOfClass());
  const images: AuditedImage[] = [];
  const look = async (place: (typeof places)[number]) => {
    const bytes = await dataset.split(place.split).read(place.index);
    return { ...place, seen: await seen(bytes, place.sample.path) };
  };
  for await (const { split, index, sample, seen } of mapParallel(places, parallel, look)) {
    const { key, path, label, group, width, height } = sample;
    sums[label]!.add(seen);
    images.push({ key, path, split, index, label, group, width, height, look: seen.look });
    progress(images.length, places.length);
  }
  return { images, classes: sums.map((sum) => sum.finish()) };
}

async function seen(bytes: Buffer, path: string): Promise<Seen> {
  try {
    return await lookAtImage(bytes);
  } catch (error) {
    throw new StageError(`${path} cannot be decoded: ${(error as Error).message}`);
  }
}
