import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { groupBy } from '../../src/group-by.ts';
import { type MissingVideo, wholeSplit } from '../../src/learning/vision/dataset/dataset.ts';
import { type Dataset, openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import type { Recipe } from '../../src/learning/vision/dataset/recipe.ts';
import { sampleKeys } from '../../src/learning/vision/dataset/sample-keys.ts';
import { imagesUnder } from '../../src/learning/vision/find-images.ts';
import { StageError } from '../../src/stage.ts';

/** An image in which faces are searched, with what its data set says of it. */
export interface SourceImage {
  readonly key: string;
  readonly split: string;
  readonly label: number;
  readonly class: string;
  readonly source: string;
  readonly path: string;
  readonly group?: string | undefined;
  readonly pair?: string | undefined;
  readonly slices?: Readonly<Record<string, string>> | undefined;
  readonly video?: string | undefined;
  readonly frame?: number | undefined;
  readonly time?: number | undefined;
  /** The encoded file. */
  read(): Promise<Buffer>;
}

/** Images that are examined together: the frames of a video in order, or some pictures. */
export interface Unit {
  readonly split: string;
  /** Absent for pictures that are not of a video. */
  readonly video?: string;
  readonly images: readonly SourceImage[];
}

/** What the stage reads. */
export interface Source extends Disposable {
  readonly classes: readonly string[];
  readonly splits: readonly string[];
  readonly units: readonly Unit[];
  /** How the images were made; empty where nobody knows. */
  readonly recipe: Recipe;
  /** Videos without a frame, by their split. */
  readonly missing: readonly (MissingVideo & { readonly split: string })[];
}

/** Pictures of a unit, in the mean: so many are examined again where one of them changed. */
const picturesOfUnit = 64;

/** Opens a data set, or a folder of images. Throws a {@link StageError} for anything else. */
export function openSource(path: string): Source {
  const isFolder = statSync(path).isDirectory();
  if (!isFolder) throw new StageError(`Expected a folder of images, got the file ${path}.`);
  const isDataset = statSync(join(path, 'dataset.json'), { throwIfNoEntry: false })?.isFile();
  return isDataset ? fromDataset(openDataset(path)) : fromFolder(path);
}

function fromDataset(dataset: Dataset): Source {
  const images = dataset.splits.flatMap((name) => {
    const split = dataset.split(name);
    return split.samples.map(
      (sample, index): SourceImage => ({ ...sample, split: name, read: () => split.read(index) }),
    );
  });
  const missing = dataset.splits.flatMap((split) =>
    dataset
      .split(split)
      .missing()
      .map((video) => ({ ...video, split })),
  );
  const { classes, splits, recipe = [] } = dataset;
  return {
    classes,
    splits,
    recipe,
    units: unitsOf(images),
    missing,
    [Symbol.dispose]: () => dataset.close(),
  };
}

/** The folders at the top are the classes; of images without folders there is one. */
function fromFolder(root: string): Source {
  const paths = imagesUnder(root, '');
  if (paths.length === 0)
    throw new StageError(`Expected a data set or a folder of images, but ${root} holds none.`);
  const classOf = (path: string) => (path.includes('/') ? path.split('/')[0]! : 'image');
  const classes = [...new Set(paths.map(classOf))].sort();
  const keys = sampleKeys(paths);
  const images = paths.map((path): SourceImage => {
    const name = classOf(path);
    return {
      key: keys.get(path)!,
      label: classes.indexOf(name),
      class: name,
      source: name,
      path,
      split: wholeSplit,
      read: async () => readFileSync(join(root, path)),
    };
  });
  return {
    classes,
    splits: [wholeSplit],
    recipe: [],
    units: unitsOf(images),
    missing: [],
    [Symbol.dispose]() {},
  };
}

function unitsOf(images: readonly SourceImage[]): readonly Unit[] {
  const videos = groupBy(
    images.filter(({ video }) => video !== undefined),
    ({ video, split }) => JSON.stringify([split, video]),
  );
  const pictures = groupBy(
    images.filter(({ video }) => video === undefined),
    ({ split }) => split,
  );
  return [
    ...Array.from(videos.values(), (frames): Unit => {
      const { split, video } = frames[0]!;
      return {
        split,
        video: video!,
        images: frames.toSorted((a, b) => (a.frame ?? 0) - (b.frame ?? 0)),
      };
    }),
    ...Array.from(pictures).flatMap(([split, members]) =>
      partsOf(members).map((images) => ({ split, images })),
    ),
  ];
}

/**
 * Pictures in parts, in their order. A part begins where the digest of a key says so, not at a
 * position, so that one more picture changes its own part alone, or divides it.
 */
function partsOf(pictures: readonly SourceImage[]): readonly (readonly SourceImage[])[] {
  const parts: SourceImage[][] = [];
  for (const picture of pictures) {
    const begins = Number.parseInt(sha256(picture.key).slice(0, 8), 16) % picturesOfUnit === 0;
    const last = parts.at(-1);
    if (last === undefined || begins) parts.push([picture]);
    else last.push(picture);
  }
  return parts;
}
