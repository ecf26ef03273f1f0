import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { StageError } from '../../../stage.ts';

/** The path of a shard by its name in a manifest; undefined for one that may not be read. */
export type FindShard = (name: string) => string | undefined;

/** Finds shards in the manifest's own folder or below it. */
export function besideManifest(path: string): FindShard {
  const folder = dirname(path) + sep;
  return (name) => {
    const shard = join(folder, name);
    return shard.startsWith(folder) ? shard : undefined;
  };
}

/** Finds shards in a list by their names, since a stage sees its inputs in private folders. */
export const among =
  (paths: readonly string[]): FindShard =>
  (name) =>
    paths.find((path) => path.endsWith(sep + name));

/** What npm packages add to the name of a shard that they wrap into a module. */
const wrappers = ['', '.min.js', '.js'];

/** The path of a shard. Throws a {@link StageError} for one that may not be read. */
export function shardAt(manifest: string, name: string, findShard: FindShard): string {
  const shards = wrappers.flatMap((end) => findShard(name + end) ?? []);
  const shard = shards.find((path) => existsSync(path)) ?? shards[0];
  if (shard !== undefined) return shard;
  throw new StageError(
    `${manifest} names the shard ${name}, which is not among the inputs: give their folder, or list it under shards.`,
  );
}
