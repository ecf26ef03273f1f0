import { z } from 'zod';
import { recipe } from './recipe.ts';

export const datasetFile = 'dataset.json';
export const samplesFile = 'samples.json';
export const missingFile = 'missing.json';

/** The split of a data set whose splits `load-dataset` is to draw. */
export const wholeSplit = 'all';

const natural = z.int().nonnegative();

/**
 * A file or folder right below another one: a path could lead out of the artifact, to bytes that no
 * fingerprint covers.
 */
const ownName = z.string().regex(/^(?!\.\.?$)[^/\\\0]+$/, 'expected a name without folders');

/** The fields that a dataset and the features of one share. */
export const classesAndSplits = {
  /** In label order: the label of `classes[0]` is 0. Of two, 1 is positive. */
  classes: z.array(z.string()).min(1).readonly(),
  splits: z
    .array(ownName)
    .refine((names) => new Set(names).size === names.length, 'expected every split once')
    .readonly(),
};

/**
 * A `dataset` artifact: labelled images in named splits, as WebDataset tar shards of the original
 * encoded files.
 *
 *     dataset.json          format, classes, split names: what every reader of any split needs;
 *                           recipe, for images that were made of videos or of larger images
 *     train/samples.json    one line per image: its facts, and where a shard has its bytes
 *     train/00000.tar …     pairs in order: <key>.jpg, the original bytes, and <key>.cls, the label
 *     train/missing.json    videos of the split without an image, and why; absent for none
 *     val/…  test/…
 *
 * The images of a video may lie in a shard of their own, without labels: so it stays the same when
 * another video, or a label, changes.
 *
 * Splits are top-level folders, hence the parts of the artifact. Nothing outside `test/` depends on
 * a test image, so a trainer that reads `train` and `val` stays up to date after a new one. No
 * times, hosts or absolute paths are in it.
 */
export const datasetInfo = z.object({
  format: z.literal(1),
  ...classesAndSplits,
  recipe: recipe.optional(),
});
export type DatasetInfo = Readonly<z.infer<typeof datasetInfo>>;

/** Where an image comes from, for a frame of a video or a part of one. */
const placeInVideo = {
  /** The path of the video, which names it; all its images have the same label and split. */
  video: z.string().optional(),
  /** The number of the frame in the video, from 0. */
  frame: natural.optional(),
  /** In seconds from the video's first frame. */
  time: z.number().optional(),
};

/**
 * For a crop of a face: where it was in the image that it was cut from, so that masks, boxes and
 * maps can go back there. Positions are in pixels of that image.
 */
const cropOfFace = z.object({
  /** The path of that image. */
  image: z.string(),
  /** The number of the face's track in its video, from 1; absent for pictures. */
  track: natural.optional(),
  /** The detector's score, 0 to 1. */
  score: z.number(),
  /** Left, top, right, bottom. */
  box: z.array(z.number()).length(4).readonly(),
  /**
   * a, b, dx and dy: the position x, y of the crop is a x - b y + dx, b x + a y + dy of the image.
   */
  toImage: z.array(z.number()).length(4).readonly(),
});

/** The facts about an image, whose label is below `classes`. */
export const labelledImage = (classes: number) => ({
  /** Unique in the dataset; the name of its members in the shard, without their extension. */
  key: z.string(),
  /** The index of its class. */
  label: natural.max(classes - 1, `expected a label from 0 to ${classes - 1}`),
  class: z.string(),
  /** The sub-source within the class, such as `Deepfakes`; otherwise the class itself. */
  source: z.string(),
  /** Relative to the input folder, POSIX. */
  path: z.string(),
  /** Images of one group belong together and are in one split. Absent: alone. */
  group: z.string().optional(),
  /** Within its group the images that differ in their label alone, such as by a forgery. */
  pair: z.string().optional(),
  /** What else is known of it, by name, such as its camera; absent where nothing is. */
  slices: z.record(z.string(), z.string()).optional(),
  ...placeInVideo,
});

/**
 * A video of a split without an image, such as one without a face: it is scored all the same, as
 * `missing` says.
 */
export const missingVideo = (classes: number) =>
  z
    .object({
      video: z.string(),
      label: natural.max(classes - 1, `expected a label from 0 to ${classes - 1}`),
      class: z.string(),
      source: z.string(),
      group: z.string().optional(),
      /** Why it has none, as the end of a sentence: `no frame shows a face`. */
      reason: z.string(),
    })
    .readonly();
export type MissingVideo = z.infer<ReturnType<typeof missingVideo>>;

/** The list of a split's images, by the number of classes. */
export const sampleList = (classes: number) =>
  z.array(
    z
      .object({
        ...labelledImage(classes),
        face: cropOfFace.optional(),
        /** In pixels, as a viewer shows it: after EXIF rotation. */
        width: natural,
        height: natural,
        /** The shard's file name, such as `00000.tar`. */
        shard: ownName,
        /** Where the encoded bytes start in the shard, and their number. */
        offset: natural,
        size: natural.max(2 ** 31 - 1, 'expected at most 2 GiB an image'),
      })
      .readonly(),
  );
/** One image of a dataset. */
export type Sample = z.infer<ReturnType<typeof sampleList>>[number];
