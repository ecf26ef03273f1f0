import { join } from 'node:path';
import { defaultNames } from '../../../src/default-class-names.ts';
import { formatList } from '../../../src/format-numbers.ts';
import { imagesUnder } from '../../../src/learning/vision/find-images.ts';
import type { ClassSources } from '../../../src/learning/vision/lists/found-image.ts';
import { suggest } from '../../../src/suggest.ts';
import { classFolders, folders, isFolder, otherNames } from './class-folders.ts';

/** How a folder of images is to be read. */
export interface FolderLayout {
  /** The folder, and what messages call it. */
  readonly root: string;
  readonly displayName: string;
  /** The folders of splits; for drawn splits those that must not be there. */
  readonly splits: readonly string[];
  /** Whether splits are drawn, so that the classes lie at the top. */
  readonly isDrawn: boolean;
}

/** What is wrong with a layout, and whether the setting `classes` or the folder is to blame. */
export interface LayoutMistake {
  readonly at: readonly [] | readonly ['classes'];
  readonly message: string;
}

export const usualClasses: ClassSources = defaultNames.map((name) => ({
  name,
  sources: [name],
}));

/**
 * The classes that the folders name: those by default if both exist or no folder does, otherwise
 * all in alphabetical order.
 */
export function namedClasses({ root, splits, isDrawn }: FolderLayout): ClassSources {
  const names = classFolders(root, isDrawn ? [''] : splits);
  if (names.length === 0 || usualClasses.every(({ name }) => names.includes(name)))
    return usualClasses;
  return names.map((name) => ({ name, sources: [name] }));
}

/**
 * The first reason for which the folders of a layout cannot be those of the classes, by the names
 * of folders alone.
 */
export function layoutMistake(
  layout: FolderLayout,
  classes: ClassSources,
): LayoutMistake | undefined {
  const message = layout.isDrawn
    ? splitsAreGiven(layout, classes)
    : splitsAreMissing(layout, classes);
  return message === undefined ? sourcesAreMissing(layout, classes) : { at: [], message };
}

function splitsAreMissing(
  { root, displayName, splits }: FolderLayout,
  classes: ClassSources,
): string | undefined {
  const missing = splits.filter((split) => !isFolder(join(root, split)));
  if (missing.length === 0) return undefined;
  const there = folders(root);
  const hint =
    missing.length === splits.length && holdClasses(root, there, classes)
      ? howToDraw
      : renameHint(missing, there);
  const subsetHint =
    missing.length < splits.length
      ? 'To take only the existing ones, name them in the setting `splits` of this stage.'
      : '';
  const lack = `${formatList(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`;
  const advice = hint === '' ? subsetHint : hint;
  return `expected the split folders ${splits.join(', ')} in ${displayName}, but ${lack}. ${listed(there)} ${advice}`.trimEnd();
}

const howToDraw =
  'To draw splits from folders of classes, set `split: { train: 0.7, val: 0.15, test: 0.15 }`.';

/**
 * Whether folders are those of classes and not of splits: they have a class's name, or images of
 * their own.
 */
function holdClasses(root: string, there: readonly string[], classes: ClassSources): boolean {
  const splits = new Set([...otherNames].flatMap(([split, synonyms]) => [split, ...synonyms]));
  const sources = classes.flatMap(({ sources }) => sources);
  if (sources.some((source) => isFolder(join(root, source)))) return true;
  return there.some((name) => !splits.has(name) && imagesUnder(root, name).length > 0);
}

function renameHint(missing: readonly string[], there: readonly string[]): string {
  const renamed = missing.flatMap((split) => {
    const synonym = otherNames.get(split)?.find((name) => there.includes(name));
    return synonym === undefined ? [] : [`"${synonym}" to "${split}"`];
  });
  return renamed.length === 0
    ? ''
    : `Rename ${renamed.join(', ')}: training and evaluation go by these names.`;
}

/** Folders of classes to draw splits from must not be splits already. */
function splitsAreGiven(
  { root, displayName, splits }: FolderLayout,
  classes: ClassSources,
): string | undefined {
  const sources = classes.flatMap(({ sources }) => sources);
  const given = splits.filter((split) =>
    sources.some((source) => isFolder(join(root, split, source))),
  );
  if (given.length === 0 || sources.some((source) => isFolder(join(root, source))))
    return undefined;
  return (
    `expected folders of classes to draw splits from in ${displayName}, but it has splits already: ${given.join(', ')}. ` +
    'To take these, remove `split`.'
  );
}

/**
 * A source may be missing from some splits (a forgery that is only tested on), but not from all.
 */
function sourcesAreMissing(
  { root, displayName, splits, isDrawn }: FolderLayout,
  classes: ClassSources,
): LayoutMistake | undefined {
  const parents = isDrawn ? [''] : splits;
  const sources = classes.flatMap(({ sources }) => sources);
  const missing = sources.filter((source) =>
    parents.every((split) => !isFolder(join(root, split, source))),
  );
  const [first] = missing;
  if (first === undefined) return undefined;
  const there = [...new Set(parents.flatMap((split) => folders(join(root, split))))];
  const unclaimed = there.filter((name) => !sources.includes(name));
  const hint = suggest(first, unclaimed) ?? listed(there);
  const quoted = missing.map((name) => `"${name}"`).join(', ');
  const where = parents.map((split) => join(displayName, split)).join(', ');
  return {
    at: ['classes'],
    message: `expected a folder ${quoted} of images in ${where}, got none. ${hint}`,
  };
}

const listed = (names: readonly string[]) =>
  names.length === 0
    ? 'There are no folders.'
    : `The folders there: ${names.slice(0, 12).join(', ')}.`;
