import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import { StageError } from '../../../stage.ts';
import { toFloat32 } from './numbers.ts';
import { readBytes, sizeOfFile } from './read-bytes.ts';
import { byName, type StoredTensor, type StoredWeights } from './stored-weights.ts';

/** How numbers are written to save space: as integers, each `integer * scale + min`, or as float16. */
const quantization = z.union([
  z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal('float16') }),
]);
const weight = z.object({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.string(),
  quantization: quantization.optional(),
});
type Weight = z.infer<typeof weight>;
const manifest = z.array(z.object({ paths: z.array(z.string()), weights: z.array(weight) }));
type Group = z.infer<typeof manifest>[number];
const file = z.union([manifest, z.object({ weightsManifest: manifest }).transform((model) => model.weightsManifest)]);

/** No object, since `constructor` would be a type of one. */
const typeSizes: ReadonlyMap<string, number> = new Map([
  ['float32', 4],
  ['int32', 4],
  ['bool', 1],
  ['uint8', 1],
  ['uint16', 2],
  ['float16', 2],
]);

/** A file of a group; the group's tensors lie in all its files one after another, across their ends too. */
interface Shard {
  readonly path: string;
  /** Of its first byte among those of the group. */
  readonly start: number;
  readonly end: number;
}

/** The path of a shard by the name that its manifest has for it. */
type FindShard = (name: string) => string | undefined;

/** Shards that lie in the manifest's own folder or below it. */
export function besideManifest(path: string): FindShard {
  const folder = dirname(path) + sep;
  return (name) => {
    const shard = join(folder, name);
    return shard.startsWith(folder) ? shard : undefined;
  };
}

/**
 * Opens the `model.json` of a tfjs-layers model, or a weights manifest as tfjs-converter writes it, with its shards.
 * `findShard` gives the path of a shard by the name that the manifest has for it; undefined for one that may not be read. Throws a {@link StageError} that names
 * the first tensor for which they are too short.
 */
export function openTfjsManifest(path: string, findShard: FindShard): StoredWeights {
  const groups = parse(path);
  const tensors = groups.flatMap((group) => groupTensors(path, group, shardsOf(path, group, findShard)));
  return { path, format: 'tfjs', tensors: byName(path, tensors), [Symbol.dispose]() {} };
}

function parse(path: string): readonly Group[] {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(readBytes(path, 0, sizeOfFile(path))));
  } catch (error) {
    if (error instanceof StageError) throw error;
    throw new StageError(`Expected a tfjs model or weights manifest, but ${path} is not whole JSON.`);
  }
  const parsed = file.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new StageError(`Expected a tfjs model or weights manifest, but ${path} has no list of paths and weights.`);
}

function shardsOf(path: string, { paths }: Group, findShard: FindShard): readonly Shard[] {
  let start = 0;
  return paths.map((name) => {
    const shard = findShard(name);
    if (shard === undefined) {
      throw new StageError(
        `${path} names the shard ${name}, which is not among the inputs: give their folder, or list it under shards.`,
      );
    }
    const end = start + sizeOfFile(shard);
    const one = { path: shard, start, end };
    start = end;
    return one;
  });
}

function groupTensors(path: string, { paths, weights }: Group, shards: readonly Shard[]): readonly StoredTensor[] {
  const available = shards.at(-1)?.end ?? 0;
  let offset = 0;
  const tensors = weights.map((weight) => {
    const { name, shape } = weight;
    const [start, end] = [offset, offset + byteLength(path, weight)];
    if (end > available) {
      const shortage = `Expected bytes ${start} to ${end} for ${name} in ${paths.join(', ')}`;
      throw new StageError(`${shortage} beside ${path}, got ${available}: cut short.`);
    }
    offset = end;
    return { name, shape, read: () => decode(path, weight, readAcross(shards, start, end)) };
  });
  if (offset === available) return tensors;
  throw new StageError(
    `Expected ${offset} bytes in ${paths.join(', ')}, by what ${path} says of its weights, got ${available}.`,
  );
}

function byteLength(path: string, { name, shape, dtype, quantization }: Weight): number {
  const type = quantization?.dtype ?? dtype;
  const bytes = typeSizes.get(type);
  if (bytes === undefined) throw new StageError(`Expected numbers for ${name} in ${path}, got ${type}.`);
  return shape.reduce((product, dimension) => product * dimension, bytes);
}

function readAcross(shards: readonly Shard[], start: number, end: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  for (const shard of shards) {
    const [from, to] = [Math.max(start, shard.start), Math.min(end, shard.end)];
    if (from < to) bytes.set(readBytes(shard.path, from - shard.start, to - from), from - start);
  }
  return bytes;
}

function decode(path: string, { name, dtype, quantization }: Weight, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (dtype !== 'float32') throw new StageError(`Expected ${name} in ${path} to be of float32, got ${dtype}.`);
  if (quantization === undefined || quantization.dtype === 'float16') {
    return toFloat32(quantization?.dtype ?? 'float32', bytes);
  }
  const { scale, min } = quantization;
  const integers = quantization.dtype === 'uint8' ? bytes : new Uint16Array(bytes.buffer);
  return Float32Array.from(integers, (integer) => integer * scale + min);
}
