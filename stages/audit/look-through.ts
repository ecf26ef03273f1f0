import { on } from 'node:events';
import type { Dataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../src/learning/vision/parallel-map.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { permutation, Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { type ClassMeans, MeansOfClass } from './class-means.ts';
import type { Inspection, Print } from './look-at-image.ts';
import type { Encoded, Seen } from './look-worker.ts';

/** An image of the data set with what is kept of it. */
export interface AuditedImage {
  readonly key: string;
  readonly path: string;
  readonly split: string;
  /** Its index in its split. */
  readonly index: number;
  /** 0 = real, 1 = fake. */
  readonly label: number;
  readonly group: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly print: Print;
}

/** An image of the sample from which the statistics of the classes are computed. */
export interface ExaminedImage extends AuditedImage {
  /** Its index among all images. */
  readonly place: number;
  readonly look: Inspection;
}

/** A data set after every image was decoded. */
export interface LookedThrough {
  /** By split, in the order of its list. */
  readonly images: readonly AuditedImage[];
  /** The examined images, in the same order. */
  readonly examined: readonly ExaminedImage[];
  /** By label, over the examined images. */
  readonly classes: readonly ClassMeans[];
}

interface LookOptions {
  /** Chooses the examined images. */
  readonly seed: number;
  /** At most; a small set is looked at by fewer. */
  readonly threads: number;
  readonly progress: (done: number, total: number) => void;
}

/** Examined images of each class: enough to estimate an AUC near chance to 0.02; weaker effects hardly matter. */
const mostExamined = 2500;

/** Decodes every image of some splits once, and keeps at most three kilobytes of each. */
export async function lookThrough(
  dataset: Dataset,
  splits: readonly string[],
  { seed, threads, progress }: LookOptions,
): Promise<LookedThrough> {
  const all = splits.flatMap((split) =>
    dataset.split(split).samples.map((sample, index) => ({ split, index, sample })),
  );
  const labels = all.map(({ sample }) => sample.label);
  const drawn = drawExamined(labels, seed);
  const sums = dataset.classes.map(() => new MeansOfClass());
  const images: AuditedImage[] = [];
  const examined: ExaminedImage[] = [];
  const tasks = all.map(({ split, index, sample }, place) => ({
    ...{ split, index, size: sample.size, examine: drawn.has(place) },
  }));
  for await (const seen of seenInTurn(dataset, tasks, threads)) {
    const { split, index, sample } = all[images.length]!;
    if ('error' in seen) throw new StageError(`${sample.path} cannot be decoded: ${seen.error}`);
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

/** An image to look at. */
interface Task {
  readonly split: string;
  readonly index: number;
  /** Size of the encoded file. */
  readonly size: number;
  readonly examine: boolean;
}

/** So many images take longer than a thread takes to start. */
const worthwhile = 500;
/** A message to a thread costs as much as a fiftieth of an image, so it holds several small images, but never many large ones. */
const [mostInBatch, batchBytes] = [16, 2 ** 18];

/** What threads see of each image, in order. Only this thread knows the list of samples, which is large. */
async function* seenInTurn(dataset: Dataset, tasks: readonly Task[], threads: number): AsyncGenerator<Seen> {
  const count = Math.max(1, Math.min(threads, Math.ceil(tasks.length / worthwhile)));
  const workers = Array.from({ length: count }, () => startWorker(import.meta.url, 'look-worker', undefined));
  try {
    const answers = workers.map((worker) => on(worker, 'message', { close: ['exit'] }));
    let turn = 0;
    const look = async (batch: readonly Task[]) => {
      const thread = turn++ % count;
      const read = async ({ split, index, examine }: Task): Promise<Encoded> => ({
        bytes: await dataset.split(split).read(index),
        examine,
      });
      const images = await Promise.all(batch.map(read));
      workers[thread]!.postMessage(
        images,
        images.map(({ bytes }) => bytes.buffer as ArrayBuffer),
      );
      const { done, value } = await answers[thread]!.next();
      if (done === true) throw new Error('Internal error: a thread ended before its images');
      return value[0] as readonly Seen[];
    };
    // Two for each thread, so that none waits for the next.
    for await (const seen of mapParallel(batches(tasks), 2 * count, look)) yield* seen;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function* batches(tasks: readonly Task[]): Generator<readonly Task[]> {
  let batch: Task[] = [];
  let bytes = 0;
  for (const task of tasks) {
    if (batch.length === mostInBatch || (batch.length > 0 && bytes + task.size > batchBytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(task);
    bytes += task.size;
  }
  if (batch.length > 0) yield batch;
}

/** Chooses the indices of the examined images. */
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
