import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { formatFew } from '../../../src/format-numbers.ts';
import type { ListedImage } from '../../../src/learning/vision/lists/read-list.ts';
import { type StageContext, StageError } from '../../../src/stage.ts';
import { isForUser, reasonOf } from '../../../src/user-error.ts';
import { otherNames } from '../finding/class-folders.ts';
import { type Facts, ShardError, type ShardReader, type ShardSettings } from './shard.ts';
import { shardName } from './shard-names.ts';

/**
 * Writes the images of shards into the scratch folder, as `{shard}/{record}`, and lists them with
 * their labels. Where splits are not `drawn`, a shard's is named by its path, as in
 * `data/validation-00000-of-00002.parquet`.
 *
 * Throws a {@link StageError} for a shard that cannot be read, and where only some shards name a
 * split.
 */
export async function unpackShards(
  context: StageContext<ShardSettings>,
  path: string,
  shards: readonly string[],
  drawn: boolean,
): Promise<readonly ListedImage[]> {
  const splits = shards.map((shard) => (drawn ? undefined : splitOf(shard)));
  const unnamed = shards.filter((_, i) => splits[i] === undefined);
  if (!drawn && unnamed.length > 0) {
    throw new StageError(
      `Expected shards named by their splits, such as train-00000.tar, got ${formatFew(unnamed, 5)} in ${path}. ` +
        'Rename them, or set `split: { train: 0.7, val: 0.15, test: 0.15 }`.',
    );
  }
  const images: ListedImage[] = [];
  for (const [index, shard] of shards.entries()) {
    const file = statSync(path).isDirectory() ? join(path, shard) : path;
    const folder = shard.replace(shardName, '');
    const read: ShardReader = /\.parquet$/i.test(shard)
      ? (await import('./parquet.ts')).readParquet
      : (await import('./web-dataset.ts')).readWebDataset;
    try {
      await read(file, context.settings, (record, facts, image) => {
        const listed = listedImage(
          context,
          { where: `${record} of ${shard}`, split: splits[index] },
          facts,
        );
        const path = posix.join(folder, image.name);
        const escapes = posix.relative(folder, path).startsWith('..');
        if (escapes)
          images.push({
            ...listed,
            problem: `expected a name within the shard, got ${image.name}`,
          });
        else {
          images.push({ ...listed, fields: { ...listed.fields, path: path } });
          mkdirSync(dirname(join(context.scratch, path)), { recursive: true });
          writeFileSync(join(context.scratch, path), image.bytes);
        }
      });
    } catch (error) {
      if (isForUser(error)) throw error; // such as a full disk
      if (error instanceof ShardError)
        throw new StageError(`${shard} in ${path}: ${error.message}`);
      throw new StageError(
        `Expected a whole shard, got ${shard} in ${path}, which cannot be read: ${reasonOf(error)}.`,
      );
    }
    context.progress({ done: index + 1, total: shards.length, unit: 'shards' });
  }
  return images;
}

/** What a record says of its image, except for the path. */
function listedImage(
  { settings: { slices } }: StageContext<ShardSettings>,
  { where, split }: { readonly where: string; readonly split: string | undefined },
  { label, group, source, ...facts }: Facts,
): ListedImage {
  const all: Facts = { ...facts, group, source };
  const kept = slices.flatMap((name) =>
    all[name] === undefined ? [] : [[name, all[name]] as const],
  );
  return { where, fields: { label, group, source, split }, slices: Object.fromEntries(kept) };
}

/** The split that a shard is named by, in its file's name or in that of the nearest folder. */
function splitOf(shard: string): string | undefined {
  const names = [...otherNames].map(
    ([split, synonyms]) => [split, new Set([split, ...synonyms])] as const,
  );
  for (const part of shard.split('/').reverse()) {
    const words = part.toLowerCase().split(/[^a-z]+/);
    const split = names.find(([, known]) => words.some((word) => known.has(word)))?.[0];
    if (split !== undefined) return split;
  }
  return undefined;
}
