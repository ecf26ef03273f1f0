import { permutation, Random } from '../../random.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';
import type { Features } from '../vision/features/open-features.ts';
import { countImages, type SplitImages } from './split-images.ts';
import { trainSplit } from './split-names.ts';
import type { TrainingData } from './training-data.ts';

interface FeatureBatchesOptions {
  readonly batchSize: number;
  /** Decides the order of every epoch. */
  readonly seed: number;
}

/** The splits of a `features` artifact in batches, in the order that the images themselves would come in. */
export class FeatureBatches implements TrainingData {
  readonly #features: Features;
  readonly #options: FeatureBatchesOptions;

  constructor(features: Features, options: FeatureBatchesOptions) {
    this.#features = features;
    this.#options = options;
  }

  size(split: string): number {
    return this.#features.split(split).samples.length;
  }

  batches(split: string): number {
    return Math.ceil(this.size(split) / this.#options.batchSize);
  }

  key(split: string, index: number): string {
    return this.#features.split(split).samples[index]!.key;
  }

  /** 0 real, 1 fake, of every image. */
  labels(split: string): readonly number[] {
    return this.#features.split(split).samples.map(({ label }) => label);
  }

  images(split: string): SplitImages {
    return countImages(this.labels(split));
  }

  training(epoch: number): AsyncIterable<Batch> {
    const order = permutation(this.size(trainSplit), new Random('order', this.#options.seed, epoch));
    return this.#pass(trainSplit, order);
  }

  evaluation(split: string): AsyncIterable<Batch> {
    return this.#pass(
      split,
      Uint32Array.from({ length: this.size(split) }, (_, index) => index),
    );
  }

  async *#pass(split: string, order: Uint32Array): AsyncGenerator<Batch, void, undefined> {
    const { samples, features } = this.#features.split(split);
    const width = this.#features.values;
    for (let start = 0; start < order.length; start += this.#options.batchSize) {
      const indices = order.slice(start, start + this.#options.batchSize);
      const images = new Float32Array(indices.length * width);
      for (const [slot, index] of indices.entries()) {
        images.set(features.subarray(index * width, (index + 1) * width), slot * width);
      }
      yield { images, labels: Int32Array.from(indices, (index) => samples[index]!.label), indices, release: () => {} };
    }
  }
}
