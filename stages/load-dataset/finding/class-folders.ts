import { opendirSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { imagesUnder } from '../../../src/learning/vision/find-images.ts';

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
      .filter((folder) => !folder.startsWith('.')),
  );
  return splits[0] === '' && [...names].some((name) => otherNames.has(name))
    ? []
    : [...names].sort(); // these are splits
}

/** File names of shards. */
export const shardName = /\.(parquet|tar|tar\.gz|tgz)$/i;

/**
 * Paths of the shards of an image set, relative to its folder: none where the folder has images,
 * whose list or folders say what they are.
 */
export function shardsIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return shardName.test(path) ? [basename(path)] : [];
  const shards = imagesUnder(path, '', shardName);
  return shards.length > 0 && imagesUnder(path, '').length === 0 ? shards : [];
}

/** Whether the first file of a folder is a shard. */
export function beginsWithShard(path: string): boolean {
  if (!isFolder(path)) return false;
  const folder = opendirSync(path);
  const first = folder.readSync();
  folder.closeSync();
  return first !== null && shardName.test(first.name);
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
