import type { Dataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../src/learning/vision/parallel-map.ts';
import { permutation, Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import type { AuditedImage, ExaminedImage } from './audited-image.ts';
import { lookAtImage } from './look-at-image.ts';
import { type ClassMeans, MeansOfClass } from './means.ts';

/** What was seen of a data set. */
export interface LookedThrough {
  /** In the order of splits, and of each split's list. */
  readonly images: readonly AuditedImage[];
  /** Those that were examined, in the same order. */
  readonly examined: readonly ExaminedImage[];
  /** By label, of those that were examined. */
  readonly classes: readonly ClassMeans[];
}

interface LookOptions {
  /** Draws the images that are examined. */
  readonly seed: number;
  /** Images decoded at once. */
  readonly parallel: number;
  readonly progress: (done: number, total: number) => void;
}

/** Of each class: from so many an AUC at chance is known to two hundredths, and what does not show in them hardly matters. */
const mostExamined = 2500;

/** Decodes every image of some splits once, one after the other, and keeps three kilobytes of each at most. */
export async function lookThrough(
  dataset: Dataset,
  splits: readonly string[],
  { seed, parallel, progress }: LookOptions,
): Promise<LookedThrough> {
  const all = splits.flatMap((split) =>
    dataset.split(split).samples.map((sample, index) => ({ split, index, sample })),
  );
  const drawn = drawExamined(
    all.map(({ sample }) => sample.label),
    seed,
  );
  const sums = dataset.classes.map(() => new MeansOfClass());
  const images: AuditedImage[] = [];
  const examined: ExaminedImage[] = [];
  const look = async ([place, image]: readonly [number, (typeof all)[number]]) => {
    const bytes = await dataset.split(image.split).read(image.index);
    return { ...image, seen: await seen(bytes, image.sample.path, drawn.has(place)) };
  };
  for await (const { split, index, sample, seen } of mapParallel(all.entries(), parallel, look)) {
    const { key, path, label, group, width, height } = sample;
    const image = { key, path, split, index, label, group, width, height, print: seen.print };
    if (seen.examined !== undefined) {
      sums[label]!.add(seen.examined);
      examined.push({ ...image, place: images.length, look: seen.examined.look });
    }
    images.push(image);
    progress(images.length, all.length);
  }
  return { images, examined, classes: sums.map((sum) => sum.finish()) };
}

/** Draws the places of the images that are examined. */
export function drawExamined(labels: readonly number[], seed: number): ReadonlySet<number> {
  const order = Array.from(permutation(labels.length, new Random('examined images', seed)));
  const counts = new Map<number, number>();
  const drawn = order.filter((place) => {
    const count = (counts.get(labels[place]!) ?? 0) + 1;
    counts.set(labels[place]!, count);
    return count <= mostExamined;
  });
  return new Set(drawn);
}

async function seen(bytes: Buffer, path: string, examine: boolean) {
  try {
    return await lookAtImage(bytes, { examine });
  } catch (error) {
    throw new StageError(`${path} cannot be decoded: ${(error as Error).message}`);
  }
}
