import type { Dataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../src/learning/vision/parallel-map.ts';
import { permutation, Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { type ClassMeans, MeansOfClass } from './class-means.ts';
import { type Look, lookAtImage, type Print } from './look-at-image.ts';

/** An image of the data set, and what was seen of it. */
export interface AuditedImage {
  readonly key: string;
  readonly path: string;
  readonly split: string;
  /** Its place in its split. */
  readonly index: number;
  /** 0 = real, 1 = fake. */
  readonly label: number;
  readonly group: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly print: Print;
}

/** One of those that stand for all: what is learned of a class is learned of these. */
export interface ExaminedImage extends AuditedImage {
  /** Its place among all images. */
  readonly place: number;
  readonly look: Look;
}

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
  const labels = all.map(({ sample }) => sample.label);
  const drawn = drawExamined(labels, seed);
  const sums = dataset.classes.map(() => new MeansOfClass());
  const images: AuditedImage[] = [];
  const examined: ExaminedImage[] = [];
  const look = async ([place, { split, index, sample }]: readonly [number, (typeof all)[number]]) => {
    const bytes = await dataset.split(split).read(index);
    const seen = await lookAtImage(bytes, { examine: drawn.has(place) }).catch((error: Error) => {
      throw new StageError(`${sample.path} cannot be decoded: ${error.message}`);
    });
    return { split, index, sample, seen };
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
