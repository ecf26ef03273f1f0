import { join } from 'node:path';
import type { MissingVideo } from '../../../src/learning/vision/dataset/dataset.ts';
import { openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import type { Recipe } from '../../../src/learning/vision/dataset/recipe.ts';
import type { ClassSources } from '../../../src/learning/vision/lists/found-image.ts';
import type { ListedImage } from '../../../src/learning/vision/lists/read-list.ts';
import { requireKnown } from '../../../src/read-input.ts';

/** The split of a data set without splits, such as of frames whose splits are yet to be drawn. */
const wholeSplit = 'all';

/** A data set as a list of its images, with the videos that have none. */
export interface ListedDataset {
  readonly images: readonly ListedImage[];
  readonly missing: readonly MissingOfSplit[];
  /** In label order. */
  readonly classes: readonly string[];
  readonly recipe?: Recipe | undefined;
}

export type MissingOfSplit = MissingVideo & { readonly split?: string };

/** What is taken of a data set. */
interface Taken {
  readonly classes: ClassSources | undefined;
  /** The splits whose images are taken; undefined: all. Nothing is read of others. */
  readonly from?: readonly string[] | undefined;
  /** Whether these images are to get other splits than they have. */
  readonly isRedrawn: boolean;
}

/**
 * Lists the images of the data set in `folder`. Of those whose source or class none of `classes`
 * names, {@link ListedImage.fields} have no label. Throws a {@link StageError} for an unknown
 * split.
 */
export function listDataset(folder: string, { classes, from, isRedrawn }: Taken): ListedDataset {
  using dataset = openDataset(folder);
  requireKnown('a split of the data set in "from"', from ?? [], dataset.splits);
  const splits = dataset.splits.filter((name) => from?.includes(name) ?? true);
  const splitOf = (name: string) => (name === wholeSplit || isRedrawn ? {} : { split: name });
  const labelOf = labelling(classes);
  const images = splits.flatMap((name) =>
    dataset.split(name).samples.map((sample): ListedImage => {
      const { path, group, source, shard, offset, size } = sample;
      const { pair, video, frame, time, face } = sample;
      return {
        where: path,
        fields: { path, label: labelOf(sample), group, source, ...splitOf(name) },
        slices: sample.slices ?? {},
        frame: { shard: join(folder, name, shard), offset, size, pair, video, frame, time, face },
      };
    }),
  );
  const missing = splits.flatMap((name) =>
    dataset
      .split(name)
      .missing()
      .map((video) => ({ ...video, ...splitOf(name) })),
  );
  const { classes: names, recipe } = dataset;
  return { images, missing, classes: names, recipe };
}

/** The name of the class among `classes` that an image belongs to; undefined for none of them. */
export function labelling(
  classes: ClassSources | undefined,
): (image: { readonly class: string; readonly source: string }) => string | undefined {
  if (classes === undefined) return (image) => image.class;
  const isIn = (folder: string, source: string) =>
    source === folder || source.startsWith(`${folder}/`);
  return (image) =>
    classes.find(({ sources }) =>
      sources.some((folder) => folder === image.class || isIn(folder, image.source)),
    )?.name;
}
