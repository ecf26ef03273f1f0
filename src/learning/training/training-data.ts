import { permutation, Random } from '../../random.ts';
import type { AugmentSettings } from '../vision/augment/augment-settings.ts';
import {
  type Batch,
  BatchLoader,
  type BatchLoaderOptions,
} from '../vision/batches/batch-loader.ts';
import type { Features } from '../vision/features/features.ts';
import { type PairedItem, pairedOrder, unitsOf } from './paired-order.ts';
import { countImages, type SplitImages, trainSplit } from './splits.ts';

/** Labelled images of named splits, in batches. The reader releases each batch. */
export interface TrainingData {
  /** In the order of the labels. */
  readonly classes: readonly string[];
  batches(split: string): number;
  /** The name of an image of a split, by its index in the split's samples. */
  key(split: string, index: number): string;
  images(split: string): SplitImages;
  /** One pass over the training split in the epoch's order, augmented. `epoch` counts from 1. */
  training(epoch: number): AsyncIterable<Batch>;
  /**
   * One pass over the images of a split that are of the classes, in its own order, images
   * unchanged.
   */
  evaluation(split: string): AsyncIterable<Batch>;
}

/** The samples of named splits, and passes over them in a given order. */
interface BatchSource {
  samples(split: string): readonly LabelledItem[];
  /** `epoch` is undefined for images unchanged; without an `order` in their own. */
  pass(split: string, order?: Uint32Array, epoch?: number): AsyncIterable<Batch>;
}

type LabelledItem = PairedItem & {
  readonly key: string;
  readonly label: number;
  readonly class: string;
  readonly source: string;
};

const labelOfClass = ({ label }: LabelledItem): number => label;

/** What is learned: the names of the labels, and the label of each item, -1 for none of them. */
export interface Labels {
  readonly classes: readonly string[];
  readonly labelOf: (item: LabelledItem) => number;
}

/** How batches are made. Without labels, those of the classes of the data. */
export interface BatchOptions extends Partial<Labels> {
  /** The last batch of a pass may be smaller. */
  readonly batchSize: number;
  /** Decides the order of every epoch and, with its number, the augmentation of every image. */
  readonly seed: number;
  /** Images that belong together lie in one batch of training; by default anywhere. */
  readonly batches?: 'paired' | undefined;
}

/** The order of training images in an epoch, counted from 1. Batches are its parts. */
export function trainingOrder(
  items: readonly PairedItem[],
  { batchSize, seed, batches }: BatchOptions,
  epoch: number,
): Uint32Array {
  const random = new Random('order', seed, epoch);
  if (batches === 'paired') return pairedOrder(unitsOf(items), batchSize, random);
  return permutation(items.length, random);
}

const trainingData = (
  { samples, pass }: BatchSource,
  { batchSize, seed, batches, classes = [], labelOf = labelOfClass }: BatchOptions,
): TrainingData => ({
  classes,
  batches: (split) => Math.ceil(samples(split).length / batchSize),
  key: (split, index) => samples(split)[index]!.key,
  images: (split) => countImages(samples(split).map(labelOf), classes),
  training: (epoch) => {
    const order = trainingOrder(samples(trainSplit), { batchSize, seed, batches }, epoch);
    return pass(trainSplit, order, epoch);
  },
  evaluation: (split) => {
    const items = samples(split);
    const known = [...items.keys()].filter((index) => labelOf(items[index]!) !== -1);
    return known.length === items.length ? pass(split) : pass(split, Uint32Array.from(known));
  },
});

/**
 * The splits of the `dataset` artifact in a folder, each opened when first used; its decoded images
 * are kept until disposal.
 */
export function datasetBatches(
  dataset: string,
  options: BatchLoaderOptions & BatchOptions & { readonly augment: AugmentSettings },
): TrainingData & AsyncDisposable {
  const loaders = new Map<string, BatchLoader>();
  const loader = (split: string) => {
    const opened = loaders.get(split) ?? new BatchLoader(dataset, split, options);
    loaders.set(split, opened);
    return opened;
  };
  const { seed, augment } = options;
  const source: BatchSource = {
    samples: (split) => loader(split).samples,
    pass: (split, order, epoch) =>
      loader(split).epoch({
        ...(order && { order }),
        ...(epoch && { augment: { ...augment, seed, epoch } }),
      }),
  };
  return {
    ...trainingData(source, options),
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(loaders.values(), (loader) => loader.close()));
    },
  };
}

/**
 * The splits of a `features` artifact, in the same order as the images that they were made from.
 */
export function featureBatches(features: Features, options: BatchOptions): TrainingData {
  const width = features.values;
  const source: BatchSource = {
    samples: (split) => features.split(split).samples,
    async *pass(split, given) {
      const { samples, features: all } = features.split(split);
      const order = given ?? Uint32Array.from(samples.keys());
      for (let start = 0; start < order.length; start += options.batchSize) {
        const indices = order.slice(start, start + options.batchSize);
        const images = new Float32Array(indices.length * width);
        for (const [slot, index] of indices.entries()) {
          images.set(all.subarray(index * width, (index + 1) * width), slot * width);
        }
        const labels = Int32Array.from(indices, (index) =>
          (options.labelOf ?? labelOfClass)(samples[index]!),
        );
        yield { images, labels, indices, release: () => {} };
      }
    },
  };
  return trainingData(source, options);
}
