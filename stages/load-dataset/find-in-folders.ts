import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatCountOf, formatList } from '../../src/format-numbers.ts';
import { imagesUnder } from '../../src/learning/vision/images-under.ts';
import { StageError } from '../../src/stage.ts';
import { suggest } from '../../src/suggest.ts';
import { classFolders, folders, isFolder, otherNames } from './class-folders.ts';
import type { FoundImage } from './found-image.ts';
import type { ClassSources } from './spec.ts';

/** Finds `{split}/{source}/…`, in the order of splits, classes, sources and names. Every source is in some split. */
export function findInSplits(root: string, splits: readonly string[], classes: ClassSources): readonly FoundImage[] {
  const missing = splits.filter((split) => !isFolder(join(root, split)));
  if (missing.length > 0) {
    const there = folders(root);
    const flat = classes.some(({ sources }) => sources.some((source) => isFolder(join(root, source))));
    const hint = flat
      ? 'To draw splits from folders of classes, set `split: { train: 0.7, val: 0.15, test: 0.15 }`.'
      : renameHint(missing, there, missing.length < splits.length);
    const lack = `${formatList(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`;
    throw new StageError(
      `Expected the split folders ${splits.join(', ')} in ${root}, but ${lack}. ${listed(there)} ${hint}`.trimEnd(),
    );
  }
  const images = splits.flatMap((split) => findClasses(root, split, classes).map((image) => ({ ...image, split })));
  requireSources(root, splits, classes);
  requireImages(root, splits, classes, images);
  return images;
}

function renameHint(missing: readonly string[], there: readonly string[], hasSome: boolean): string {
  const renamed = missing.flatMap((split) => {
    const other = otherNames.get(split)?.find((name) => there.includes(name));
    return other === undefined ? [] : [`"${other}" to "${split}"`];
  });
  if (renamed.length > 0) return `Rename ${renamed.join(', ')}: training and evaluation go by these names.`;
  return hasSome ? 'To take only the existing ones, name them in the setting `splits` of this stage.' : '';
}

export const usualClasses: ClassSources = ['real', 'fake'].map((name) => ({ name, sources: [name] }));

/**
 * The classes that the folders name: `real` and `fake` if both exist or no folder does, otherwise all in alphabetical order.
 * Throws a {@link StageError} for a folder without images. `splits` are the folders that hold them: `['']` the root.
 */
export function classesIn(root: string, splits: readonly string[]): ClassSources {
  const own = classFolders(root, splits);
  if (own.length === 0 || usualClasses.every(({ name }) => own.includes(name))) return usualClasses;
  const classes = own.map((name) => ({ name, sources: [name] }));
  const isEmpty = (name: string) => splits.every((split) => imagesUnder(root, join(split, name)).length === 0);
  const empty = classes.filter(({ name }) => isEmpty(name));
  requireImages(root, splits, empty, []);
  return classes;
}

/** Folders with images beside those of the classes, each with how many, such as `train/unknown (20 images)`. */
export function unclaimedFolders(root: string, splits: readonly string[], classes: ClassSources): readonly string[] {
  const claimed = new Set(classes.flatMap(({ sources }) => sources.map((source) => source.split('/')[0]!)));
  return splits.flatMap((split) =>
    folders(join(root, split)).flatMap((name) => {
      if (claimed.has(name) || name.startsWith('.')) return [];
      const { length } = imagesUnder(root, join(split, name));
      return length === 0 ? [] : [`${join(split, name)} (${formatCountOf(length, 'image')})`];
    }),
  );
}

/** Finds `{source}/…`, in the order of classes, sources and names. Throws a {@link StageError} for a folder that has `splits` already. */
export function findInClasses(root: string, splits: readonly string[], classes: ClassSources): readonly FoundImage[] {
  const sources = classes.flatMap(({ sources }) => sources);
  const given = splits.filter((split) => sources.some((source) => isFolder(join(root, split, source))));
  if (given.length > 0 && !sources.some((source) => isFolder(join(root, source)))) {
    throw new StageError(
      `Expected folders of classes to draw splits from in ${root}, but it has splits already: ${given.join(', ')}. ` +
        'To take these, remove `split`.',
    );
  }
  requireSources(root, [''], classes);
  const images = findClasses(root, '', classes);
  requireImages(root, [''], classes, images);
  return images;
}

function findClasses(root: string, split: string, classes: ClassSources): readonly FoundImage[] {
  return classes.flatMap(({ sources }, label) =>
    sources.flatMap((source) => imagesUnder(root, join(split, source)).map((path) => ({ path, label, source }))),
  );
}

/** A source may be missing from some splits (a forgery that is only tested on), but not from all. */
function requireSources(root: string, splits: readonly string[], classes: ClassSources): void {
  const sources = classes.flatMap(({ sources }) => sources);
  const missing = sources.filter((source) => splits.every((split) => !isFolder(join(root, split, source))));
  if (missing.length === 0) return;
  const there = [...new Set(splits.flatMap((split) => folders(join(root, split))))];
  const unclaimed = there.filter((name) => !sources.includes(name));
  const places = splits.map((split) => join(root, split)).join(', ');
  const first = missing[0]!;
  const hint = suggest(first, unclaimed) ?? listed(there);
  throw new StageError(`Expected a folder ${quote(missing)} of images in ${places}, got none. ${hint}`);
}

/** A source may have no image in some splits, but not in all. */
function requireImages(root: string, splits: readonly string[], classes: ClassSources, images: readonly FoundImage[]) {
  const filled = new Set(images.map(({ source }) => source));
  const source = classes.flatMap(({ sources }) => sources).find((source) => !filled.has(source));
  if (source === undefined) return;
  const folders = splits.map((split) => join(root, split, source)).filter(isFolder);
  const files = folders.flatMap((folder) => readdirSync(folder)).filter((name) => !name.startsWith('.'));
  const more = files.length > 1 ? ` and ${files.length - 1} more, which do` : ', which does';
  const there = files.length === 0 ? 'it is empty' : `it holds ${files.sort()[0]}${more} not end as an image does`;
  throw new StageError(`Expected images of "${source}" in ${folders.join(', ')}, got none: ${there}.`);
}

const quote = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const listed = (names: readonly string[]) =>
  names.length === 0 ? 'There are no folders.' : `The folders there: ${names.slice(0, 12).join(', ')}.`;
