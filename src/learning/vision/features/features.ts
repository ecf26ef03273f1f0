import { z } from 'zod';
import { classesAndSplits, labelledImage } from '../dataset/dataset.ts';

export const featuresFile = 'features.json';
export const valuesFile = 'features.npy';

/** JSON: the network, the layer whose output they are, how an image became its input, and the SHA-256 of its weights. */
export const featuresSource = z.record(z.string(), z.unknown());

/**
 * A `features` artifact: the output of a network's layer for the images of a dataset, split by split, as input for other networks.
 *
 *     features.json          format, classes, split names, values an image, and their source
 *     train/samples.json     one line per image: its facts
 *     train/features.npy     [images, values] float32, in the same order; NumPy reads it
 *     val/…  test/…
 *
 * Splits are parts, as those of a dataset are: a new test image changes nothing that a trainer reads.
 */
export const featuresInfo = z.object({
  format: z.literal(1),
  ...classesAndSplits,
  values: z.int().positive(),
  /** Their source: features of equal sources mean the same. Absent in features of other programs. */
  of: featuresSource.optional(),
});
export type FeaturesInfo = Readonly<z.infer<typeof featuresInfo>>;

export const featuresSamples = (classes: number) => z.array(z.object(labelledImage(classes)).readonly());
/** An image as features remember it. */
export type FeaturesSample = z.infer<ReturnType<typeof featuresSamples>>[number];
