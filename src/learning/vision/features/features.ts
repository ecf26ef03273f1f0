import { z } from 'zod';
import { classesAndSplits, labelledImage, type Sample } from '../dataset/dataset.ts';

/**
 * A `features` artifact: what a network makes of the images of a dataset, split by split, for networks that go on from
 * there.
 *
 *     features.json          format, classes, split names, values an image, and what they are of
 *     train/samples.json     one line per image: what is known of it
 *     train/features.npy     [images, values] float32, in the same order; NumPy reads it
 *     val/…  test/…
 *
 * Splits are parts, as those of a dataset are: a new test image changes nothing that a trainer reads.
 */
export interface FeaturesInfo {
  readonly format: 1;
  /** In label order. */
  readonly classes: readonly string[];
  readonly splits: readonly string[];
  /** Of each image. */
  readonly values: number;
  /** What made them; whoever made them otherwise may leave it out. */
  readonly of?: FeaturesSource | undefined;
}

/** Features of equal sources mean the same. */
export type FeaturesSource = z.infer<typeof featuresSource>;

/** An image as features remember it. */
export type FeaturesSample = Pick<Sample, 'key' | 'label' | 'class' | 'source' | 'path' | 'group'>;

export const featuresFile = 'features.json';
export const valuesFile = 'features.npy';

/** JSON: the network, the layer whose output they are, how an image became its input, and the SHA-256 of its weights. */
export const featuresSource = z.record(z.string(), z.unknown());

export const featuresInfo: z.ZodType<FeaturesInfo> = z.object({
  format: z.literal(1),
  ...classesAndSplits,
  values: z.int().positive(),
  of: featuresSource.optional(),
});

export const featuresSamples = (classes: number): z.ZodType<readonly FeaturesSample[]> =>
  z.array(z.object(labelledImage(classes)));
