import { z } from 'zod';
import { StageError } from '../../../stage.ts';
import { openSafetensors } from './safetensors.ts';
import { type FindShard, shardAt } from './shards.ts';
import type { StoredTensor, StoredWeights } from './weight-files.ts';

const index = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Whether JSON is the index of a sharded model, as Hugging Face saves it. */
export const isShardIndex = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'weight_map' in json;

/**
 * Opens `model.safetensors.index.json` with its shards: it names the file of each tensor. Throws a
 * {@link StageError} for a shard that may not be read, or that lacks a tensor.
 */
export function openShardedSafetensors(
  path: string,
  json: unknown,
  findShard: FindShard,
): StoredWeights {
  const parsed = index.safeParse(json);
  if (!parsed.success) {
    throw new StageError(`Expected a file name for each tensor in the weight_map of ${path}.`);
  }
  const fileOf = Object.entries(parsed.data.weight_map);
  const files = [...new Set(fileOf.map(([, file]) => file))];
  const shardOf = new Map(files.map((file) => [file, shardAt(path, file, findShard)]));
  // By path, since `a` and `./a` are one shard.
  const shards = new Map(
    Array.from(new Set(shardOf.values()), (shard) => [shard, openSafetensors(shard)]),
  );
  const tensors = new Map<string, StoredTensor>();
  for (const [name, file] of fileOf) {
    const shard = shards.get(shardOf.get(file)!)!;
    const tensor = shard.tensors.get(name);
    if (tensor === undefined) {
      throw new StageError(
        `Expected ${name} in ${shard.path}, as ${path} says, got no such tensor.`,
      );
    }
    tensors.set(name, tensor);
  }
  return { path, tensors, [Symbol.dispose]() {} };
}
