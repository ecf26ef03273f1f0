import { opendirSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { imagesUnder } from '../../../src/learning/vision/find-images.ts';
import { isFolder } from '../finding/class-folders.ts';

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
