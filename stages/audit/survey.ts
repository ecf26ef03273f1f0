import type { Sample } from '../../src/learning/vision/dataset/dataset.ts';
import type { Dataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { mapInThreads } from '../../src/learning/vision/map-in-threads.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { permutation, Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { MeansOfClass } from './class-means.ts';
import type { Encoding, Examined, Print } from './look-at-image.ts';
import type { Encoded, Seen } from './look-worker.ts';

/** An image of the data set with what is kept of it. */
export interface AuditedImage {
  readonly key: string;
  /** Relative to the input folder, POSIX. */
  readonly path: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly split: string;
  /** Its index in its split. */
  readonly index: number;
  /** The index of its class: of two, 0 = negative, 1 = positive. */
  readonly label: number;
  readonly group: string | undefined;
  /** What else is known of it, by name, such as its person. */
  readonly slices: Readonly<Record<string, string>>;
  /** The size of the face in the image that it was cut from; only crops of faces have it. */
  readonly face?: FaceSize;
  readonly print: Print;
}

/** In pixels. */
export interface FaceSize {
  readonly width: number;
  readonly height: number;
}

/** An image of the sample from which the statistics of the classes are computed. */
export interface ExaminedImage extends AuditedImage {
  /** Its index among all images. */
  readonly position: number;
  readonly look: Examined['look'];
}

/**
 * What was found in a data set: all images by split, those examined in the same order, and means of
 * these by label.
 */
export type Survey = Awaited<ReturnType<typeof surveyImages>>;

interface SurveyOptions {
  readonly classes: readonly string[];
  readonly labelOf: (sample: Sample) => number;
  readonly seed: number;
  /** At most; a small set needs fewer. */
  readonly threads: number;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Examined images of each class: enough to estimate an AUC near chance to 0.02; weaker effects
 * hardly matter.
 */
const mostExamined = 2500;

/** Decodes every image of some splits once, and keeps at most three kilobytes of each. */
export async function surveyImages(
  dataset: Dataset,
  splits: readonly string[],
  { classes, labelOf, seed, threads, progress }: SurveyOptions,
) {
  const all = splits.flatMap((split) =>
    dataset.split(split).samples.map((sample, index) => ({ split, index, sample })),
  );
  const labels = all.map(({ sample }) => labelOf(sample));
  const drawn = drawExamined(labels, seed);
  const sums = classes.map(() => new MeansOfClass());
  const images: AuditedImage[] = [];
  const examined: ExaminedImage[] = [];
  const encodings = new Map<string, Encoding>();
  const looks = mapInThreads<number, Encoded, Seen>({
    items: [...all.keys()],
    threads,
    start: () => startWorker(import.meta.url, 'look-worker', undefined),
    ask: async (position) => {
      const { split, index } = all[position]!;
      return { bytes: await dataset.split(split).read(index), examine: drawn.has(position) };
    },
  });
  for await (const seen of looks) {
    const { split, index, sample } = all[images.length]!;
    if ('error' in seen) throw new StageError(`${sample.path} cannot be decoded: ${seen.error}`);
    const { key, path, group, slices = {}, width, height } = sample;
    const label = labels[images.length]!;
    // Images of one encoding share an object: the text of its tables is as large as all else that
    // is kept of an image.
    const text = JSON.stringify(seen.print.encoding);
    const encoding = encodings.get(text) ?? seen.print.encoding;
    encodings.set(text, encoding);
    const print = { ...seen.print, encoding };
    const facts = { key, path, split, index, label, group, slices, width, height, print };
    const face = faceSizeOf(sample);
    const image: AuditedImage = face === undefined ? facts : { ...facts, face };
    if (seen.examined !== undefined) {
      sums[label]!.add(seen.examined);
      examined.push({ ...image, position: images.length, look: seen.examined.look });
    }
    images.push(image);
    progress(images.length, all.length);
  }
  return { images, examined, classes: sums.map((sum) => sum.finish()) };
}

function faceSizeOf({ face }: Sample): FaceSize | undefined {
  if (face === undefined) return undefined;
  const [left, top, right, bottom] = face.box as readonly [number, number, number, number];
  return { width: right - left, height: bottom - top };
}

/**
 * Draws the images to examine, at most {@link mostExamined} of each label; returns their indices.
 */
export function drawExamined(labels: readonly number[], seed: number): ReadonlySet<number> {
  const order = Array.from(permutation(labels.length, new Random('examined images', seed)));
  const counts = new Map<number, number>();
  const drawn = order.filter((position) => {
    const count = (counts.get(labels[position]!) ?? 0) + 1;
    counts.set(labels[position]!, count);
    return count <= mostExamined;
  });
  return new Set(drawn);
}
