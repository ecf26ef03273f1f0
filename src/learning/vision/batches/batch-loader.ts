import { freemem } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { usableMemory } from '../../../machine-limits.ts';
import { StageError } from '../../../stage.ts';
import { type Augmentation, mixOf } from '../augment/augment-image.ts';
import type { View } from '../augment/view-settings.ts';
import type { Sample } from '../dataset/dataset.ts';
import { openDataset } from '../dataset/open-dataset.ts';
import { nativeBatches } from '../native-scale.ts';
import { unitRange } from '../pixels-to-floats.ts';
import type { Size } from '../resample.ts';
import { nativeSize } from '../resize-image.ts';
import type { NativeScale, Resize } from '../resize-settings.ts';
import { startWorker } from '../start-worker.ts';
import type { BatchWorkerSetup, FromBatchWorker, ToBatchWorker } from './batch-worker.ts';

/** Labelled images, or features of images, ready for a network. */
export interface Batch {
  /** RGB, normalised: `[batch, height, width, 3]`; or features: `[batch, values]`. */
  readonly images: Float32Array<ArrayBuffer>;
  /** The size of whole images at native scale; absent where it is that of the network's input. */
  readonly size?: Size;
  /** `[batch]`. */
  readonly labels: Int32Array;
  /** Indices in the split's samples: `[batch]`. */
  readonly indices: Uint32Array;
  /**
   * With mixup, for each image the label of the other and its share of the target, 0 to 0.5: both
   * `[batch]`.
   */
  readonly mixed?: { readonly labels: Int32Array; readonly shares: Float32Array };
  /** Returns the memory of `images` for a later batch; `images` is empty from then on. */
  release(): void;
}

/** How a split becomes batches; the optional ones have the defaults of {@link BatchWorkerSetup}. */
export interface BatchLoaderOptions
  extends Partial<Omit<BatchWorkerSetup, 'dataset' | 'split' | 'resize'>> {
  readonly batchSize: number;
  readonly resize: Resize;
  /** The label of an image, by default that of its class. */
  readonly labelOf?: (sample: Sample) => number;
  /** Batches made ahead of the reader. Default 3. */
  readonly prefetch?: number;
}

/**
 * The bytes left for decoded images of all loaders; at first a quarter of the free memory, or of a
 * container's limit.
 */
export const decodedImages: { freeBytes?: number } = {};

/**
 * Threads of closed loaders, which wait for the next one: to start a thread takes 0.3 s of a core.
 */
const idleThreads = new Set<Worker>();

/**
 * A thread whose batches and decoded images take more bytes ends with its loader, since it would
 * keep their memory.
 */
const mostIdleBytes = 2 ** 26;

function takeThread(): Worker {
  for (const thread of idleThreads) {
    idleThreads.delete(thread);
    return thread;
  }
  const thread = startWorker(import.meta.url, 'batch-worker', undefined);
  thread.on('error', () => idleThreads.delete(thread));
  return thread;
}

/** Passes of all loaders, since late batches of an earlier one may arrive in any later one. */
let passes = 0;

/** One pass over the images. */
export interface EpochOptions {
  /** Indices of samples. Default: all, in the order of the dataset. */
  readonly order?: Uint32Array;
  readonly augment?: Augmentation;
  /** How every image is seen, where nothing is random. Default: as it is. */
  readonly view?: View;
}

/**
 * Batches of one split, made ahead of the reader by a thread of their own. Starting a pass ends the
 * one before. Work begins when `epoch` is called, not when the first batch is read. The last batch
 * of a pass may be smaller.
 */
export class BatchLoader {
  readonly samples: readonly Sample[];
  readonly #labels: readonly number[];
  readonly #batchSize: number;
  readonly #resize: Resize;
  readonly #native: NativeScale | undefined;
  readonly #prefetch: number;
  readonly #worker: Worker;
  /** Taken from {@link decodedImages} until the loader is closed. */
  readonly #cacheBytes: number;
  #pass = 0;
  /** Batches (or the failure) that wait for the reader. */
  #arrived: FromBatchWorker[] = [];
  readonly #onMessage = (message: FromBatchWorker) => {
    if (message.id !== this.#pass) return;
    this.#arrived.push(message);
    this.#wake();
  };
  readonly #onError = (error: Error) => {
    this.#crash = error;
    this.#leavesThread = false;
    this.#wake();
  };
  #wake: () => void = () => {};
  #crash: Error | undefined;
  /** Whether another loader may have the thread. */
  #leavesThread: boolean;

  /**
   * `dataset` is the artifact's folder. Throws a {@link StageError} when it or the split cannot be
   * read.
   */
  constructor(dataset: string, split: string, options: BatchLoaderOptions) {
    this.samples = openDataset(dataset).split(split).samples;
    this.#labels = this.samples.map(options.labelOf ?? (({ label }) => label));
    this.#batchSize = options.batchSize;
    this.#prefetch = options.prefetch ?? 3;
    const { resize, native, normalization = unitRange, corruption, threads = 2 } = options;
    this.#resize = resize;
    this.#native = native;
    const sizes = this.samples.map((sample) => (native ? nativeSize(sample, native) : resize));
    const allPixels = sizes.reduce((sum, { width, height }) => sum + width * height, 0);
    decodedImages.freeBytes ??= Math.floor(Math.min(freemem(), usableMemory()) / 4);
    const wanted = Math.min(3 * allPixels, options.cacheBytes ?? Number.POSITIVE_INFINITY);
    this.#cacheBytes = Math.min(wanted, decodedImages.freeBytes);
    decodedImages.freeBytes -= this.#cacheBytes;
    const largest = sizes.reduce((most, { width, height }) => Math.max(most, width * height), 0);
    const batchPixels = Math.max(this.#batchSize * resize.width * resize.height, largest);
    const batchBytes = batchPixels * 3 * Float32Array.BYTES_PER_ELEMENT;
    this.#leavesThread = this.#cacheBytes + (this.#prefetch + 1) * batchBytes <= mostIdleBytes;
    const how = {
      resize,
      native,
      normalization,
      corruption,
      threads,
      cacheBytes: this.#cacheBytes,
    };
    this.#worker = takeThread();
    this.#worker.unref();
    this.#worker.on('message', this.#onMessage);
    this.#worker.on('error', this.#onError);
    this.#send({ type: 'open', setup: { dataset, split, ...how } });
  }

  /** Starts a pass. Throws a {@link StageError} that names an image which cannot be decoded. */
  epoch({
    order = Uint32Array.from(this.samples.keys()),
    augment,
    view,
  }: EpochOptions = {}): AsyncIterableIterator<Batch> {
    const id = ++passes;
    this.#pass = id;
    this.#arrived = [];
    this.#wake();
    const batches = this.#divide(order, augment === undefined);
    this.#send({ type: 'start', job: { id, batches, prefetch: this.#prefetch, augment, view } });
    return this.#read(id, batches, augment);
  }

  #divide(order: Uint32Array, isWhole: boolean): readonly Uint32Array[] {
    const native = this.#native;
    const batchSize = this.#batchSize;
    if (native !== undefined && isWhole) {
      const sizeOf = (index: number) => nativeSize(this.samples[index]!, native);
      return nativeBatches(order, sizeOf, { batchSize, crop: this.#resize.width });
    }
    return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, batch) =>
      order.subarray(batch * batchSize, (batch + 1) * batchSize),
    );
  }

  async close(): Promise<void> {
    if (this.#pass < 0) return;
    this.#pass = -1;
    this.#wake();
    this.#worker.off('message', this.#onMessage);
    decodedImages.freeBytes! += this.#cacheBytes;
    if (!this.#leavesThread) return void (await this.#worker.terminate());
    this.#send({ type: 'close' });
    this.#worker.off('error', this.#onError);
    idleThreads.add(this.#worker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#read(
    id: number,
    batches: readonly Uint32Array[],
    augment?: Augmentation,
  ): AsyncGenerator<Batch, void, undefined> {
    const native = augment === undefined ? this.#native : undefined;
    try {
      for (const part of batches) {
        const images = await this.#next(id);
        this.#send({ type: 'taken' });
        const indices = part.slice();
        yield {
          images,
          ...(native !== undefined && { size: nativeSize(this.samples[indices[0]!]!, native) }),
          labels: Int32Array.from(indices, (index) => this.#labels[index]!),
          indices,
          ...(augment?.mixup === undefined ? {} : { mixed: this.#mixed(augment, indices) }),
          release: () => {
            if (images.length > 0)
              this.#worker.postMessage({ type: 'recycle', images }, [images.buffer]);
          },
        };
      }
    } finally {
      if (id === this.#pass) this.#send({ type: 'stop' });
    }
  }

  #mixed(augment: Augmentation, indices: Uint32Array) {
    const mixes = Array.from(indices, (index) => mixOf(augment, index, this.samples.length));
    return {
      labels: Int32Array.from(indices, (index, i) => this.#labels[mixes[i]?.partner ?? index]!),
      shares: Float32Array.from(mixes, (mix) => mix?.share ?? 0),
    };
  }

  async #next(id: number): Promise<Float32Array<ArrayBuffer>> {
    // The thread keeps the process alive only while somebody waits for it.
    this.#worker.ref();
    try {
      while (this.#arrived.length === 0 && id === this.#pass) {
        if (this.#crash !== undefined) throw this.#crash;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#worker.unref();
    }
    if (id !== this.#pass)
      throw new Error('Internal error: another pass was started, or the loader was closed');
    const message = this.#arrived.shift()!;
    if (message.type === 'failed') {
      this.#leavesThread = false;
      throw new StageError(message.message);
    }
    return message.images;
  }

  #send(message: ToBatchWorker): void {
    this.#worker.postMessage(message);
  }
}
