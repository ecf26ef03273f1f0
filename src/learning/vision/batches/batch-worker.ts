/** The thread of a {@link BatchLoader}: reads, decodes, augments and normalises, so that batches lie ready during a step. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Augmentation, augmentImage } from '../augment/augment-image.ts';
import { corruptImage } from '../corrupt-image.ts';
import type { Corruption } from '../corruption-settings.ts';
import { openDataset } from '../dataset/open-dataset.ts';
import { type DecodedImage, decodeImage } from '../decode-image.ts';
import { mapParallel } from '../parallel-map.ts';
import { type Normalization, normalizationTable, pixelsToFloats } from '../pixels-to-floats.ts';
import type { Resize } from '../resize-settings.ts';

/** The data that the thread starts with. */
export interface BatchWorkerSetup {
  readonly dataset: string;
  readonly split: string;
  readonly resize: Resize;
  /** Default: values stay in [0, 1]. */
  readonly normalization: Normalization;
  /** Applied to every image at its full size, before it is resized. */
  readonly corruption: Corruption | undefined;
  /** The most memory for decoded images, which are decoded only once. Default: all that is left for them. */
  readonly cacheBytes: number;
  /** Images decoded at once, each by one thread. Default 2. */
  readonly threads: number;
}

/** A pass over a split in a given order. */
interface BatchJob {
  /** Distinguishes passes: batches of an abandoned one may still arrive. */
  readonly id: number;
  readonly order: Uint32Array;
  readonly batchSize: number;
  /** Batches that may wait for the reader. */
  readonly prefetch: number;
  readonly augment: Augmentation | undefined;
}

export type ToBatchWorker =
  /** Drops the current pass and starts this one. */
  | { readonly type: 'start'; readonly job: BatchJob }
  /** Drops the current pass. */
  | { readonly type: 'stop' }
  /** The reader took a batch: one more may be made. */
  | { readonly type: 'taken' }
  /** Returns a batch's memory for another. */
  | { readonly type: 'recycle'; readonly images: Float32Array<ArrayBuffer> };

export type FromBatchWorker =
  | { readonly type: 'batch'; readonly id: number; readonly images: Float32Array<ArrayBuffer> }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

const port = parentPort!;
const setup = workerData as BatchWorkerSetup;
const { width, height } = setup.resize;
const imageLength = width * height * 3;
const split = openDataset(setup.dataset).split(setup.split);
const table = normalizationTable(setup.normalization);

/** Decoded images by index. Never evicted: in a random order what goes is as likely to be needed as what stays. */
const cache = new Map<number, DecodedImage>();
/** Memory of batches that the reader is done with. */
const spare: Float32Array<ArrayBuffer>[] = [];

let current: { readonly job: BatchJob; credit: number; wake: () => void } | undefined;

port.on('message', (message: ToBatchWorker) => {
  switch (message.type) {
    case 'start':
      stop();
      void produce(message.job);
      break;
    case 'stop':
      stop();
      break;
    case 'taken':
      if (current === undefined) return;
      current.credit++;
      current.wake();
      break;
    case 'recycle':
      spare.push(message.images);
  }
});

function stop(): void {
  const stopped = current;
  current = undefined;
  stopped?.wake();
}

async function produce(job: BatchJob): Promise<void> {
  const state = { job, credit: job.prefetch, wake: () => {} };
  current = state;
  try {
    for (let start = 0; start < job.order.length; start += job.batchSize) {
      while (state.credit === 0 && current === state) await new Promise<void>((resolve) => (state.wake = resolve));
      if (current !== state) return;
      state.credit--;
      const images = await makeBatch(job, job.order.subarray(start, start + job.batchSize));
      if (current !== state) return void spare.push(images);
      port.postMessage({ type: 'batch', id: job.id, images } satisfies FromBatchWorker, [images.buffer]);
    }
  } catch (error) {
    const { message } = error as Error;
    port.postMessage({ type: 'failed', id: job.id, message } satisfies FromBatchWorker);
  }
}

/** `[batch, height, width, 3]`, images in the order of `indices`. */
async function makeBatch(job: BatchJob, indices: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
  const length = indices.length * imageLength;
  const place = spare.findIndex((images) => images.length === length);
  const images = place < 0 ? new Float32Array(length) : spare.splice(place, 1)[0]!;
  let slot = 0;
  // Drawn from the image and the epoch alone, so neither the order nor the timing of threads shows.
  const shown = (index: number) =>
    job.augment === undefined
      ? decoded(index)
      : augmentImage(job.augment, index, { count: split.samples.length, decode: decoded });
  for await (const { pixels } of mapParallel(indices, setup.threads, shown)) {
    pixelsToFloats(pixels, table, images.subarray(slot * imageLength));
    slot++;
  }
  return images;
}

async function decoded(index: number): Promise<DecodedImage> {
  const kept = cache.get(index);
  if (kept !== undefined) return kept;
  const bytes = await split.read(index);
  const { key, path } = split.samples[index]!;
  let image: DecodedImage;
  try {
    const seen = setup.corruption === undefined ? bytes : await corruptImage(bytes, setup.corruption, key);
    image = await decodeImage(seen, setup.resize);
  } catch (error) {
    throw new Error(`${path} cannot be decoded: ${(error as Error).message}`);
  }
  if ((cache.size + 1) * imageLength <= setup.cacheBytes) cache.set(index, image);
  return image;
}
