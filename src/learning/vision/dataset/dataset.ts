import { z } from 'zod';

/**
 * A `dataset` artifact: labelled images in named splits, as WebDataset tar shards of the original encoded files.
 *
 *     dataset.json          format, classes, split names: what every reader of any split needs
 *     train/samples.json    one line per image: what is known of it, and where it lies in which shard
 *     train/00000.tar …     <key>.jpg (the original bytes) and <key>.cls (the label in digits), pairs in order
 *     val/…  test/…
 *
 * Splits are top-level folders, hence the parts of the artifact: nothing outside `test/` tells of a test image, so a
 * trainer that reads `train` and `val` does not care for a new one. No times, hosts or absolute paths are in it.
 */
export interface DatasetInfo {
  readonly format: 1;
  /** In label order: the label of `classes[0]` is 0. By the project's convention 0 is real, 1 is fake. */
  readonly classes: readonly string[];
  readonly splits: readonly string[];
}

/** One image of a dataset. */
export interface Sample {
  /** Unique in the dataset; the name of its members in the shard, without their extension. */
  readonly key: string;
  /** The index of its class. */
  readonly label: number;
  readonly class: string;
  /** The sub-source within the class, such as `Deepfakes` of `fake`; the class itself where there is none. */
  readonly source: string;
  /** Where it was found, relative to the input folder, POSIX. */
  readonly path: string;
  /** Images of one group belong together and are in one split. Absent: alone. */
  readonly group?: string | undefined;
  /** In pixels, as a viewer shows it: after EXIF rotation. */
  readonly width: number;
  readonly height: number;
  /** The shard's file name, such as `00000.tar`. */
  readonly shard: string;
  /** Where the encoded bytes start in the shard, and their number. */
  readonly offset: number;
  readonly size: number;
}

export const datasetFile = 'dataset.json';
export const samplesFile = 'samples.json';

const natural = z.int().nonnegative();

/** A file or folder right below another one: a path could lead out of the artifact, to bytes that nothing keys. */
const ownName = z.string().regex(/^(?!\.\.?$)[^/\\\0]+$/, 'expected a name without folders');

/** Of what a dataset and the features of one both say. */
export const classesAndSplits = {
  classes: z.array(z.string()).min(1),
  splits: z.array(ownName).refine((names) => new Set(names).size === names.length, 'expected every split once'),
};

/** The same of one image, where there are so many classes. */
export const labelledImage = (classes: number) => ({
  key: z.string(),
  label: natural.max(classes - 1, `expected a label from 0 to ${classes - 1}`),
  class: z.string(),
  source: z.string(),
  path: z.string(),
  group: z.string().optional(),
});

export const datasetInfo: z.ZodType<DatasetInfo> = z.object({ format: z.literal(1), ...classesAndSplits });

export const sampleList = (classes: number): z.ZodType<readonly Sample[]> =>
  z.array(
    z.object({
      ...labelledImage(classes),
      width: natural,
      height: natural,
      shard: ownName,
      offset: natural,
      size: natural.max(2 ** 31 - 1, 'expected at most 2 GiB an image'),
    }),
  );
