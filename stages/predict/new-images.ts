import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { datasetFile, type MissingVideo } from '../../src/learning/vision/dataset/dataset.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { sampleKeys } from '../../src/learning/vision/dataset/sample-keys.ts';
import { imagesUnder } from '../../src/learning/vision/find-images.ts';
import { StageError } from '../../src/stage.ts';

/** An image to score. */
export interface NewImage {
  readonly key: string;
  /** Relative to the folder; what names the image for people. */
  readonly path: string;
  readonly video?: string | undefined;
  /** Its number in the video, from 0. */
  readonly frame?: number | undefined;
  /** In seconds from the video's first frame. */
  readonly time?: number | undefined;
  /** The encoded file. */
  read(): Promise<Buffer>;
}

/** The images of a folder or of a data set, until it is disposed of. */
export interface NewImages extends Disposable {
  readonly images: readonly NewImage[];
  /** Videos without an image. */
  readonly missing: readonly MissingVideo[];
}

/** Throws a {@link StageError} where there is no image, and no video that lacks one. */
export function openImages(root: string): NewImages {
  const isDataset = statSync(join(root, datasetFile), { throwIfNoEntry: false })?.isFile() === true;
  const opened = isDataset ? ofDataset(root) : ofFolder(root);
  if (opened.images.length > 0 || opened.missing.length > 0) return opened;
  throw new StageError(`Expected images in the folder ${root}, got none.`);
}

function ofFolder(root: string): NewImages {
  const paths = imagesUnder(root, '');
  const keys = sampleKeys(paths);
  const images = paths.map(
    (path): NewImage => ({
      key: keys.get(path)!,
      path,
      read: async () => readFileSync(join(root, path)),
    }),
  );
  return { images, missing: [], [Symbol.dispose]() {} };
}

function ofDataset(root: string): NewImages {
  const dataset = openDataset(root);
  const splits = dataset.splits.map((name) => dataset.split(name));
  const images = splits.flatMap((split) =>
    split.samples.map(
      ({ key, path, video, frame, time }, index): NewImage => ({
        key,
        path,
        video,
        frame,
        time,
        read: () => split.read(index),
      }),
    ),
  );
  const missing = splits.flatMap((split) => split.missing());
  return { images, missing, [Symbol.dispose]: () => dataset.close() };
}
