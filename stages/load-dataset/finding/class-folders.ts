import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isIgnoredName } from '../../../src/learning/vision/ignored-names.ts';

/**
 * What other data sets call these splits. Training and evaluation rely on our names, so folders
 * with other names must be renamed.
 */
export const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['train', ['training', 'Train']],
  ['val', ['validation', 'valid', 'dev', 'Val', 'Validation']],
  ['test', ['testing', 'Test', 'eval']],
]);

/**
 * The names of the folders of classes in those of splits, in alphabetical order; `['']` stands for
 * the root.
 */
export function classFolders(root: string, splits: readonly string[]): readonly string[] {
  const names = new Set(
    splits
      .flatMap((split) => folders(join(root, split)))
      .filter((folder) => !isIgnoredName(folder)),
  );
  return splits[0] === '' && [...names].some((name) => otherNames.has(name))
    ? []
    : [...names].sort(); // these are splits
}

export function folders(path: string): readonly string[] {
  if (!isFolder(path)) return [];
  return readdirSync(path)
    .filter((name) => isFolder(join(path, name)))
    .sort();
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
