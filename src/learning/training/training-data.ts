import { permutation, Random } from '../../random.ts';
import type { AugmentSettings } from '../vision/augment/augment-settings.ts';
import { type Batch, BatchLoader, type BatchLoaderOptions } from '../vision/batches/batch-loader.ts';
import type { Features } from '../vision/features/open-features.ts';
import { countImages, type SplitImages } from './split-images.ts';
import { trainSplit } from './split-names.ts';

/** Labelled images of named splits, in batches. The reader releases each batch. */
export interface TrainingData {
  /** Number of batches of a pass over a split. */
  batches(split: string): number;
  /** The name of an image of a split, by its index in the split's samples. */
  key(split: string, index: number): string;
  /** The number of images of each class in a split. */
  images(split: string): SplitImages;
  /** One pass over the training split in the epoch's order, augmented. `epoch` counts from 1. */
  training(epoch: number): AsyncIterable<Batch>;
  /** One pass over a split in its own order, images unchanged. */
  evaluation(split: string): AsyncIterable<Batch>;
}

interface Sample {
  readonly key: string;
  readonly label: number;
}

interface BatchOptions {
  /** The last batch of a pass may be smaller. */
  readonly batchSize: number;
  /** Decides the order of every epoch and, with its number, the augmentation of every image. */
  readonly seed: number;
}

/** What images and features have in common: samples by split, and one order for each epoch. */
abstract class SplitBatches<Options extends BatchOptions> implements TrainingData {
  protected readonly options: Options;

  constructor(options: Options) {
    this.options = options;
  }

  protected abstract samples(split: string): readonly Sample[];
  protected abstract pass(
    split: string,
    epoch?: { readonly number: number; readonly order: Uint32Array },
  ): AsyncIterable<Batch>;

  size(split: string): number {
    return this.samples(split).length;
  }

  batches(split: string): number {
    return Math.ceil(this.size(split) / this.options.batchSize);
  }

  key(split: string, index: number): string {
    return this.samples(split)[index]!.key;
  }

  images(split: string): SplitImages {
    return countImages(this.samples(split).map(({ label }) => label));
  }

  training(epoch: number): AsyncIterable<Batch> {
    const order = permutation(this.size(trainSplit), new Random('order', this.options.seed, epoch));
    return this.pass(trainSplit, { number: epoch, order });
  }

  evaluation(split: string): AsyncIterable<Batch> {
    return this.pass(split);
  }
}

/** The splits of a `dataset` artifact. A split is opened when first used, and keeps its decoded images until all are closed. */
export class DatasetBatches extends SplitBatches<
  BatchLoaderOptions & BatchOptions & { readonly augment: AugmentSettings }
> {
  readonly #dataset: string;
  readonly #loaders = new Map<string, BatchLoader>();

  /** `dataset` is the artifact's folder. */
  constructor(dataset: string, options: DatasetBatches['options']) {
    super(options);
    this.#dataset = dataset;
  }

  protected override samples(split: string): readonly Sample[] {
    return this.#loader(split).samples;
  }

  protected override pass(
    split: string,
    epoch?: { readonly number: number; readonly order: Uint32Array },
  ): AsyncIterable<Batch> {
    if (epoch === undefined) return this.#loader(split).epoch();
    const { seed, augment } = this.options;
    return this.#loader(split).epoch({ order: epoch.order, augment: { ...augment, seed, epoch: epoch.number } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaders.values()].map((loader) => loader.close()));
  }

  #loader(split: string): BatchLoader {
    const loader = this.#loaders.get(split) ?? new BatchLoader(this.#dataset, split, this.options);
    this.#loaders.set(split, loader);
    return loader;
  }
}

/** The splits of a `features` artifact, in the same order as the images that they were made from. */
export class FeatureBatches extends SplitBatches<BatchOptions> {
  readonly #features: Features;

  constructor(features: Features, options: BatchOptions) {
    super(options);
    this.#features = features;
  }

  protected override samples(split: string): readonly Sample[] {
    return this.#features.split(split).samples;
  }

  protected override async *pass(
    split: string,
    epoch?: { readonly order: Uint32Array },
  ): AsyncGenerator<Batch, void, undefined> {
    const { samples, features } = this.#features.split(split);
    const { batchSize } = this.options;
    const width = this.#features.values;
    const order = epoch?.order ?? Uint32Array.from(samples.keys());
    for (let start = 0; start < order.length; start += batchSize) {
      const indices = order.slice(start, start + batchSize);
      const images = new Float32Array(indices.length * width);
      for (const [slot, index] of indices.entries()) {
        images.set(features.subarray(index * width, (index + 1) * width), slot * width);
      }
      yield { images, labels: Int32Array.from(indices, (index) => samples[index]!.label), indices, release: () => {} };
    }
  }
}
