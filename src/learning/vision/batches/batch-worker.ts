/**
 * The thread of a {@link BatchLoader}: makes batches ahead of the step. It serves one loader after
 * the other.
 */
import { parentPort } from 'node:worker_threads';
import { type Augmentation, augmentImage } from '../augment/augment-image.ts';
import { seeView } from '../augment/see-view.ts';
import type { View } from '../augment/view-settings.ts';
import { corruptImage } from '../corruptions/corrupt-image.ts';
import type { Corruption } from '../corruptions/corruption-settings.ts';
import { type Dataset, openDataset } from '../dataset/open-dataset.ts';
import { type DecodedImage, decodeImage } from '../decode-image.ts';
import { mapParallel } from '../map-in-threads.ts';
import { decodeNative } from '../native-scale.ts';
import { type Normalization, normalizationTable, pixelsToFloats } from '../pixels-to-floats.ts';
import type { Size } from '../resample.ts';
import { nativeSize } from '../resize-image.ts';
import type { NativeScale, Resize } from '../resize-settings.ts';

/** The split that the thread makes batches of, and how. */
export interface BatchWorkerSetup {
  readonly dataset: string;
  readonly split: string;
  readonly resize: Resize;
  /**
   * Images keep their scale: `resize` is the size of training crops, and without augmentation
   * images are whole. Default: they are resized.
   */
  readonly native: NativeScale | undefined;
  /** Default: values stay in [0, 1]. */
  readonly normalization: Normalization;
  /** Applied to every image at its full size, before it is resized. */
  readonly corruption: Corruption | undefined;
  /**
   * The most memory for decoded images, which are decoded only once. Default: all that is left for
   * them.
   */
  readonly cacheBytes: number;
  /** Images decoded at once, each by one thread. Default 2. */
  readonly threads: number;
}

/** A pass over a split, batch by batch. */
interface BatchJob {
  /** Distinguishes passes: batches of an abandoned one may still arrive. */
  readonly id: number;
  /** The indices of every batch. */
  readonly batches: readonly Uint32Array[];
  /** Batches that may wait for the reader. */
  readonly prefetch: number;
  readonly augment: Augmentation | undefined;
  readonly view: View | undefined;
}

/** A message to the thread. */
export type ToBatchWorker =
  /** Comes before everything else from a new loader. */
  | { readonly type: 'open'; readonly setup: BatchWorkerSetup }
  /** The loader is closed: forgets its split, its images and its memory. */
  | { readonly type: 'close' }
  /** Drops the current pass and starts this one. */
  | { readonly type: 'start'; readonly job: BatchJob }
  /** Drops the current pass. */
  | { readonly type: 'stop' }
  /** The reader took a batch: one more may be made. */
  | { readonly type: 'taken' }
  /** Returns a batch's memory for another. */
  | { readonly type: 'recycle'; readonly images: Float32Array<ArrayBuffer> };

/** A message of the thread: the batch that is next, or the failure that ends its pass. */
export type FromBatchWorker =
  | { readonly type: 'batch'; readonly id: number; readonly images: Float32Array<ArrayBuffer> }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

const port = parentPort!;
let open: SplitReader | undefined;

port.on('message', (message: ToBatchWorker) => {
  switch (message.type) {
    case 'open':
      open = new SplitReader(message.setup);
      break;
    case 'close':
      void open?.close();
      open = undefined;
      break;
    case 'start':
      open?.start(message.job);
      break;
    case 'stop':
      open?.stop();
      break;
    case 'taken':
      open?.onTaken();
      break;
    case 'recycle':
      open?.spare.push(message.images);
  }
});

/** Makes the batches of one loader. */
class SplitReader {
  /** Memory of batches that the reader is done with. */
  readonly spare: Float32Array<ArrayBuffer>[] = [];
  readonly #setup: BatchWorkerSetup;
  readonly #dataset: Dataset;
  readonly #table: Float32Array;
  /**
   * Decoded images by index. Never evicted: in a random order what goes is as likely to be needed
   * as what stays.
   */
  readonly #cache = new Map<number, DecodedImage>();
  #cachedBytes = 0;
  #current: { readonly job: BatchJob; credit: number; wake: () => void } | undefined;
  /** Resolves when no pass reads the split any more. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(setup: BatchWorkerSetup) {
    this.#setup = setup;
    this.#dataset = openDataset(setup.dataset);
    this.#table = normalizationTable(setup.normalization);
  }

  get #split() {
    return this.#dataset.split(this.#setup.split);
  }

  start(job: BatchJob): void {
    this.stop();
    this.#reading = Promise.all([this.#reading, this.#produce(job)]);
  }

  async close(): Promise<void> {
    this.stop();
    await this.#reading;
    this.#dataset.close();
  }

  stop(): void {
    const stopped = this.#current;
    this.#current = undefined;
    stopped?.wake();
  }

  onTaken(): void {
    if (this.#current === undefined) return;
    this.#current.credit++;
    this.#current.wake();
  }

  async #produce(job: BatchJob): Promise<void> {
    const state = { job, credit: job.prefetch, wake: () => {} };
    this.#current = state;
    try {
      for (const indices of job.batches) {
        while (state.credit === 0 && this.#current === state) {
          await new Promise<void>((resolve) => (state.wake = resolve));
        }
        if (this.#current !== state) return;
        state.credit--;
        const images = await this.#makeBatch(job, indices);
        if (this.#current !== state) return void this.spare.push(images);
        port.postMessage({ type: 'batch', id: job.id, images } satisfies FromBatchWorker, [
          images.buffer,
        ]);
      }
    } catch (error) {
      const { message } = error as Error;
      port.postMessage({ type: 'failed', id: job.id, message } satisfies FromBatchWorker);
    }
  }

  /** `[batch, height, width, 3]`, images in the order of `indices`. */
  async #makeBatch(job: BatchJob, indices: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
    const { resize, native } = this.#setup;
    const size =
      native === undefined || job.augment !== undefined ? resize : this.#wholeSize(indices[0]!);
    const imageLength = size.width * size.height * 3;
    const length = indices.length * imageLength;
    const spareIndex = this.spare.findIndex((images) => images.length === length);
    const images = spareIndex < 0 ? new Float32Array(length) : this.spare.splice(spareIndex, 1)[0]!;
    let slot = 0;
    const decode = (index: number) => this.#decoded(index);
    const { view } = job;
    const seen = async (index: number) =>
      view === undefined ? decode(index) : seeView(await decode(index), view);
    // Drawn from the image and the epoch alone, so neither the order nor the timing of threads
    // shows.
    const imageAt = (index: number) =>
      job.augment === undefined
        ? seen(index)
        : augmentImage(job.augment, index, {
            count: this.#split.samples.length,
            ...(native !== undefined && { crop: resize }),
            decode,
          });
    for await (const { pixels } of mapParallel(indices, this.#setup.threads, imageAt)) {
      pixelsToFloats(pixels, this.#table, images.subarray(slot * imageLength));
      slot++;
    }
    return images;
  }

  async #decoded(index: number): Promise<DecodedImage> {
    const kept = this.#cache.get(index);
    if (kept !== undefined) return kept;
    const { resize, native, corruption, cacheBytes } = this.#setup;
    const bytes = await this.#split.read(index);
    const { key, path } = this.#split.samples[index]!;
    let image: DecodedImage;
    try {
      const seen = corruption === undefined ? bytes : await corruptImage(bytes, corruption, key);
      image = await (native === undefined ? decodeImage(seen, resize) : decodeNative(seen, native));
    } catch (error) {
      throw new Error(`${path} cannot be decoded: ${(error as Error).message}`);
    }
    if (native !== undefined) expectSize(image, this.#wholeSize(index), path);
    if (this.#cachedBytes + image.pixels.length <= cacheBytes) {
      this.#cache.set(index, image);
      this.#cachedBytes += image.pixels.length;
    }
    return image;
  }

  #wholeSize(index: number): Size {
    return nativeSize(this.#split.samples[index]!, this.#setup.native!);
  }
}

/** The facts about an image decided the size of its batch. */
function expectSize(image: Size, { width, height }: Size, path: string): void {
  if (image.width === width && image.height === height) return;
  throw new Error(
    `${path} has ${image.width} x ${image.height} pixels, where the data set says ${width} x ${height}`,
  );
}
