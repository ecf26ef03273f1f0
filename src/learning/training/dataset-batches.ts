import { permutation, Random } from '../../random.ts';
import type { AugmentSettings } from '../vision/augment/augment-settings.ts';
import type { Batch, BatchLoaderOptions } from '../vision/batches/batch-loader.ts';
import { BatchLoader } from '../vision/batches/batch-loader.ts';
import { countImages, type SplitImages } from './split-images.ts';
import { trainSplit } from './split-names.ts';
import type { TrainingData } from './training-data.ts';

interface DatasetBatchesOptions extends BatchLoaderOptions {
  /** Decides the order of every epoch and, with its number, the augmentation of every image. */
  readonly seed: number;
  readonly augment: AugmentSettings;
}

/**
 * The splits of a `dataset` artifact in batches, the last one of a pass smaller where they do not come out even. A split
 * is opened when it is first asked for, and keeps its decoded images until all is closed.
 */
export class DatasetBatches implements TrainingData {
  readonly #dataset: string;
  readonly #options: DatasetBatchesOptions;
  readonly #loaders = new Map<string, BatchLoader>();

  /** `dataset` is the artifact's folder. */
  constructor(dataset: string, options: DatasetBatchesOptions) {
    this.#dataset = dataset;
    this.#options = options;
  }

  size(split: string): number {
    return this.#loader(split).samples.length;
  }

  batches(split: string): number {
    return this.#loader(split).batches;
  }

  key(split: string, index: number): string {
    return this.#loader(split).samples[index]!.key;
  }

  /** 0 real, 1 fake, of every image. */
  labels(split: string): readonly number[] {
    return this.#loader(split).samples.map(({ label }) => label);
  }

  images(split: string): SplitImages {
    return countImages(this.labels(split));
  }

  training(epoch: number): AsyncIterable<Batch> {
    const { seed, augment } = this.#options;
    const order = permutation(this.size(trainSplit), new Random('order', seed, epoch));
    return this.#loader(trainSplit).epoch({ order, augment: { ...augment, seed, epoch } });
  }

  evaluation(split: string): AsyncIterable<Batch> {
    return this.#loader(split).epoch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaders.values()].map((loader) => loader.close()));
  }

  #loader(split: string): BatchLoader {
    const loader = this.#loaders.get(split) ?? new BatchLoader(this.#dataset, split, this.#options);
    this.#loaders.set(split, loader);
    return loader;
  }
}
