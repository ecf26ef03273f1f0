import type { Batch } from '../vision/batches/batch-loader.ts';
import type { SplitImages } from './split-images.ts';

/** Labelled images of named splits, in batches, as training takes them. Each batch is released by its reader. */
export interface TrainingData {
  /** Number of batches of a pass over a split. */
  batches(split: string): number;
  /** What an image of a split is called, by its index in the split's samples. */
  key(split: string, index: number): string;
  /** How many images of each class a split has. */
  images(split: string): SplitImages;
  /** One pass over the training split in the epoch's order, augmented. `epoch` counts from 1. */
  training(epoch: number): AsyncIterable<Batch>;
  /** One pass over a split in its own order, images as they are. */
  evaluation(split: string): AsyncIterable<Batch>;
}
