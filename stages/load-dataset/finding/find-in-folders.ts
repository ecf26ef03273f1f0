import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatCountOf } from '../../../src/format-numbers.ts';
import { imagesUnder } from '../../../src/learning/vision/find-images.ts';
import { isIgnoredName } from '../../../src/learning/vision/ignored-names.ts';
import type { ClassSources, FoundImage } from '../../../src/learning/vision/lists/found-image.ts';
import { StageError } from '../../../src/stage.ts';
import { folders, isFolder } from './class-folders.ts';
import { type FolderLayout, layoutMistake, namedClasses, usualClasses } from './folder-layout.ts';

/**
 * The images of a folder in the order of splits, classes, sources and names. Throws a
 * {@link StageError} for a wrong layout.
 */
export function findInFolders(layout: FolderLayout, classes: ClassSources): readonly FoundImage[] {
  const mistake = layoutMistake(layout, classes);
  if (mistake !== undefined) {
    throw new StageError(mistake.message.charAt(0).toUpperCase() + mistake.message.slice(1));
  }
  const { root, splits, isDrawn } = layout;
  const images = isDrawn
    ? findClasses(root, '', classes)
    : splits.flatMap((split) =>
        findClasses(root, split, classes).map((image) => ({ ...image, split })),
      );
  requireImages(root, isDrawn ? [''] : splits, classes, images);
  return images;
}

/** The classes that the folders name. Throws a {@link StageError} for a folder without images. */
export function classesIn(layout: FolderLayout): ClassSources {
  const classes = namedClasses(layout);
  if (classes === usualClasses) return classes;
  const { root, isDrawn } = layout;
  const splits = isDrawn ? [''] : layout.splits;
  const isEmpty = (name: string) =>
    splits.every((split) => imagesUnder(root, join(split, name)).length === 0);
  const empty = classes.filter(({ name }) => isEmpty(name));
  requireImages(root, splits, empty, []);
  return classes;
}

/**
 * Folders with images beside those of the classes, each with how many, such as
 * `train/unknown (20 images)`.
 */
export function unclaimedFolders(
  root: string,
  splits: readonly string[],
  classes: ClassSources,
): readonly string[] {
  const claimed = new Set(
    classes.flatMap(({ sources }) => sources.map((source) => source.split('/')[0]!)),
  );
  return splits.flatMap((split) =>
    folders(join(root, split)).flatMap((name) => {
      if (claimed.has(name) || isIgnoredName(name)) return [];
      const { length } = imagesUnder(root, join(split, name));
      return length === 0 ? [] : [`${join(split, name)} (${formatCountOf(length, 'image')})`];
    }),
  );
}

function findClasses(root: string, split: string, classes: ClassSources): readonly FoundImage[] {
  return classes.flatMap(({ sources }, label) =>
    sources.flatMap((source) =>
      imagesUnder(root, join(split, source)).map((path) => ({ path, label, source })),
    ),
  );
}

/** A source may have no image in some splits, but not in all. */
function requireImages(
  root: string,
  splits: readonly string[],
  classes: ClassSources,
  images: readonly FoundImage[],
) {
  const filled = new Set(images.map(({ source }) => source));
  const source = classes.flatMap(({ sources }) => sources).find((source) => !filled.has(source));
  if (source === undefined) return;
  const folders = splits.map((split) => join(root, split, source)).filter(isFolder);
  const files = folders
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => !isIgnoredName(name));
  const more = files.length > 1 ? ` and ${files.length - 1} more, which do` : ', which does';
  const there =
    files.length === 0
      ? 'it is empty'
      : `it holds ${files.sort()[0]}${more} not end as an image does`;
  throw new StageError(
    `Expected images of "${source}" in ${folders.join(', ')}, got none: ${there}.`,
  );
}
