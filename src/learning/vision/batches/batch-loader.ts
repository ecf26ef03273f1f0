import { freemem } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { usableMemory } from '../../../machine-limits.ts';
import { StageError } from '../../../stage.ts';
import { type Augmentation, mixOf } from '../augment/augment-image.ts';
import type { Sample } from '../dataset/dataset.ts';
import { openDataset } from '../dataset/open-dataset.ts';
import { unitRange } from '../pixels-to-floats.ts';
import type { Resize } from '../resize-settings.ts';
import { startWorker } from '../start-worker.ts';
import type { BatchWorkerSetup, FromBatchWorker, ToBatchWorker } from './batch-worker.ts';

/** Labelled images, or features of images, ready for a network. */
export interface Batch {
  /** RGB, normalised: `[batch, height, width, 3]`; or features: `[batch, values]`. */
  readonly images: Float32Array<ArrayBuffer>;
  /** `[batch]`. */
  readonly labels: Int32Array;
  /** Indices in the split's samples: `[batch]`. */
  readonly indices: Uint32Array;
  /** With mixup, for each image the label of the other and its share of the target, 0 to 0.5: both `[batch]`. */
  readonly mixed?: { readonly labels: Int32Array; readonly shares: Float32Array };
  /** Returns the memory of `images` for a later batch; `images` is empty from then on. */
  release(): void;
}

export interface BatchLoaderOptions extends Partial<Omit<BatchWorkerSetup, 'dataset' | 'split' | 'resize'>> {
  readonly batchSize: number;
  readonly resize: Resize;
  /** Batches made ahead of the reader. Default 3. */
  readonly prefetch?: number;
}

/** The bytes left for decoded images of all loaders; at first a quarter of the free memory, or of a container's limit. */
export const decodedImages: { left?: number } = {};

/** One pass over the images. */
export interface EpochOptions {
  /** Indices of samples. Default: all, in the order of the dataset. */
  readonly order?: Uint32Array;
  readonly augment?: Augmentation;
}

/**
 * Batches of one split, made ahead of the reader by a thread of their own, which continues while the reader's thread computes.
 *
 * Starting a pass ends the one before. Work begins when `epoch` is called, not when the first batch is read. The last batch of a
 * pass may be smaller.
 */
export class BatchLoader {
  readonly samples: readonly Sample[];
  readonly #batchSize: number;
  readonly #prefetch: number;
  readonly #worker: Worker;
  /** Taken from {@link decodedImages} until the loader is closed. */
  #cacheBytes: number;
  #passes = 0;
  /** Batches (or the failure) that wait for the reader. */
  #arrived: FromBatchWorker[] = [];
  #wake: () => void = () => {};
  #crash: Error | undefined;

  /** `dataset` is the artifact's folder. Throws a {@link StageError} when it or the split cannot be read. */
  constructor(dataset: string, split: string, options: BatchLoaderOptions) {
    this.samples = openDataset(dataset).split(split).samples;
    this.#batchSize = options.batchSize;
    this.#prefetch = options.prefetch ?? 3;
    const { width, height } = options.resize;
    decodedImages.left ??= Math.floor(Math.min(freemem(), usableMemory()) / 4);
    const wanted = Math.min(this.samples.length * width * height * 3, options.cacheBytes ?? Number.POSITIVE_INFINITY);
    this.#cacheBytes = Math.min(wanted, decodedImages.left);
    decodedImages.left -= this.#cacheBytes;
    const { resize, normalization = unitRange, corruption, threads = 2 } = options;
    const cacheBytes = this.#cacheBytes;
    const setup: BatchWorkerSetup = { dataset, split, resize, normalization, corruption, cacheBytes, threads };
    this.#worker = startWorker(import.meta.url, 'batch-worker', setup);
    this.#worker.unref();
    this.#worker.on('message', (message: FromBatchWorker) => {
      if (message.id !== this.#passes) return;
      this.#arrived.push(message);
      this.#wake();
    });
    this.#worker.on('error', (error) => {
      this.#crash = error;
      this.#wake();
    });
  }

  get batches(): number {
    return Math.ceil(this.samples.length / this.#batchSize);
  }

  /** Starts a pass. Throws a {@link StageError} that names an image which cannot be decoded. */
  epoch({ order = Uint32Array.from(this.samples.keys()), augment }: EpochOptions = {}): AsyncIterableIterator<Batch> {
    const id = ++this.#passes;
    this.#arrived = [];
    this.#wake();
    this.#send({ type: 'start', job: { id, order, batchSize: this.#batchSize, prefetch: this.#prefetch, augment } });
    return this.#read(id, order, augment);
  }

  async close(): Promise<void> {
    this.#passes++;
    this.#wake();
    await this.#worker.terminate();
    decodedImages.left! += this.#cacheBytes;
    this.#cacheBytes = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#read(id: number, order: Uint32Array, augment?: Augmentation): AsyncGenerator<Batch, void, undefined> {
    try {
      for (let start = 0; start < order.length; start += this.#batchSize) {
        const images = await this.#next(id);
        this.#send({ type: 'taken' });
        const indices = order.slice(start, start + this.#batchSize);
        yield {
          images,
          labels: Int32Array.from(indices, (index) => this.samples[index]!.label),
          indices,
          ...(augment?.mixup === undefined ? {} : { mixed: this.#mixed(augment, indices) }),
          release: () => {
            if (images.length > 0) this.#worker.postMessage({ type: 'recycle', images }, [images.buffer]);
          },
        };
      }
    } finally {
      if (id === this.#passes) this.#send({ type: 'stop' });
    }
  }

  #mixed(augment: Augmentation, indices: Uint32Array) {
    const mixes = Array.from(indices, (index) => mixOf(augment, index, this.samples.length));
    return {
      labels: Int32Array.from(indices, (index, i) => this.samples[mixes[i]?.partner ?? index]!.label),
      shares: Float32Array.from(mixes, (mix) => mix?.share ?? 0),
    };
  }

  async #next(id: number): Promise<Float32Array<ArrayBuffer>> {
    // The thread keeps the process alive only while somebody waits for it.
    this.#worker.ref();
    try {
      while (this.#arrived.length === 0 && id === this.#passes) {
        if (this.#crash !== undefined) throw this.#crash;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#worker.unref();
    }
    if (id !== this.#passes) throw new Error('Internal error: another pass was started, or the loader was closed');
    const message = this.#arrived.shift()!;
    if (message.type === 'failed') throw new StageError(message.message);
    return message.images;
  }

  #send(message: ToBatchWorker): void {
    this.#worker.postMessage(message);
  }
}
