import { z } from 'zod';
import { StageError } from '../../../stage.ts';
import { bundleStart, wrappedBytes } from './javascript-module.ts';
import { toFloat32 } from './number-types.ts';
import { type FindShard, shardAt } from './shards.ts';
import {
  byName,
  readBytes,
  readJson,
  type StoredTensor,
  type StoredWeights,
  sizeOfFile,
} from './weight-files.ts';

/** Compressed numbers: integers, each `integer * scale + min`, or float16. */
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
const file = z.union([
  manifest,
  z.object({ weightsManifest: manifest }).transform((model) => model.weightsManifest),
]);

/** A map, since an object would have a type `constructor`. */
const typeSizes: ReadonlyMap<string, number> = new Map(
  Object.entries({ float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 }),
);

/**
 * Opens a `model.json` or weights manifest with its shards. Throws a {@link StageError} for a
 * tensor that is cut short.
 */
export function openTfjsManifest(path: string, findShard: FindShard): StoredWeights {
  const groups = parse(path);
  checkShards(path, groups, findShard);
  const tensors = groups.flatMap((group) =>
    groupTensors(path, group, openShards(path, group, findShard)),
  );
  return { path, tensors: joinScales(byName(path, tensors)), [Symbol.dispose]() {} };
}

/** A shard in a module of a package stays in memory, so one that is named often would fill it. */
function checkShards(path: string, groups: readonly Group[], findShard: FindShard): void {
  const shards = new Set<string>();
  for (const name of groups.flatMap(({ paths }) => paths)) {
    const shard = shardAt(path, name, findShard);
    if (shards.has(shard)) {
      throw new StageError(
        `Expected every shard once in ${path}, got ${name.slice(0, 200)} twice.`,
      );
    }
    shards.add(shard);
  }
}

/** Names of shards for a message. */
const someOf = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ').slice(0, 200)}${names.length > 5 ? ', …' : ''}`;

function parse(path: string): readonly Group[] {
  const parsed = file.safeParse(readJson(path, 'a tfjs model or weights manifest'));
  if (parsed.success) return parsed.data;
  throw new StageError(
    `Expected a tfjs model or weights manifest, but ${path} has no list of paths and weights.`,
  );
}

/**
 * The bytes of a group, whose tensors lie in its files one after another, also across their ends.
 */
function openShards(path: string, { paths }: Group, findShard: FindShard) {
  let size = 0;
  const shards = paths.map((name) => {
    const shard = openShard(shardAt(path, name, findShard));
    const first = size;
    size += shard.size;
    return { shard, first, end: size };
  });
  const read = (start: number, end: number) => {
    const bytes = new Uint8Array(end - start);
    for (const shard of shards) {
      const from = Math.max(start, shard.first);
      const to = Math.min(end, shard.end);
      if (from < to)
        bytes.set(shard.shard.read(from - shard.first, to - shard.first), from - start);
    }
    return bytes;
  };
  return { size, read };
}

interface Shard {
  readonly size: number;
  read(start: number, end: number): Uint8Array;
}

function openShard(path: string): Shard {
  const size = sizeOfFile(path);
  const start = Buffer.from(readBytes(path, 0, bundleStart.length)).toString('latin1');
  if (start !== bundleStart) {
    return { size, read: (from, to) => readBytes(path, from, to - from) };
  }
  const bytes = wrappedBytes(path, Buffer.from(readBytes(path, 0, size)).toString('latin1'));
  return { size: bytes.length, read: (from, to) => bytes.subarray(from, to) };
}

function groupTensors(
  path: string,
  { paths, weights }: Group,
  { size, read }: ReturnType<typeof openShards>,
): readonly StoredTensor[] {
  let offset = 0;
  const tensors = weights.map((weight) => {
    const { name, shape } = weight;
    const start = offset;
    const end = offset + byteLength(path, weight);
    if (end > size) {
      const shortage = `Expected bytes ${start} to ${end} for ${name} in ${someOf(paths)}`;
      throw new StageError(`${shortage} beside ${path}, got ${size}: cut short.`);
    }
    offset = end;
    const type = weight.quantization?.dtype ?? weight.dtype;
    const bytes = end - start;
    return { name, shape, type, bytes, read: () => decode(path, weight, read(start, end)) };
  });
  if (offset === size) return tensors;
  throw new StageError(
    `Expected ${offset} bytes in ${someOf(paths)}, by what ${path} says of its weights, got ${size}.`,
  );
}

function byteLength(path: string, { name, shape, dtype, quantization }: Weight): number {
  const type = quantization?.dtype ?? dtype;
  const bytes = typeSizes.get(type);
  if (bytes === undefined)
    throw new StageError(`Expected numbers for ${name} in ${path}, got ${type}.`);
  return shape.reduce((product, dimension) => product * dimension, bytes);
}

function decode(
  path: string,
  { name, dtype, quantization }: Weight,
  bytes: Uint8Array<ArrayBuffer>,
): Float32Array {
  // Axes and shapes of a network's operations, far below 2 ** 24.
  if (dtype === 'int32') return Float32Array.from(new Int32Array(bytes.buffer));
  if (dtype !== 'float32')
    throw new StageError(`Expected ${name} in ${path} to be of float32, got ${dtype}.`);
  if (quantization === undefined || quantization.dtype === 'float16') {
    return toFloat32(quantization?.dtype ?? 'float32', bytes);
  }
  const { scale, min } = quantization;
  const integers = quantization.dtype === 'uint8' ? bytes : new Uint16Array(bytes.buffer);
  return Float32Array.from(integers, (integer) => integer * scale + min);
}

type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * The tensors of a file, those of FaceResNet in `@vladmandic/face-api` as plain convolutions.
 * There, a factor s and a summand t for each filter follow a convolution by k with bias b: s (x * k
 * + b) + t = x * (s k) + (s b + t). A shortcut to more channels appends zeros, which is a
 * convolution of 1 x 1 by a part of the identity.
 */
function joinScales(tensors: Tensors): Tensors {
  const joined = [...tensors.values()].flatMap((filters) => {
    const layer = /^(.+)\/conv\/filters$/.exec(filters.name)?.[1];
    return layer === undefined ? filters : joinLayer(tensors, layer, filters);
  });
  return new Map(
    joined
      .filter(({ name }) => !/\/(conv\/bias|scale\/.+)$/.test(name))
      .map((tensor) => [tensor.name, tensor]),
  );
}

function joinLayer(
  tensors: Tensors,
  layer: string,
  filters: StoredTensor,
): readonly StoredTensor[] {
  const valuesOf = (end: string) => tensors.get(`${layer}/${end}`)?.read() ?? new Float32Array();
  const bias = valuesOf('conv/bias');
  const scale = valuesOf('scale/weights');
  const summand = valuesOf('scale/biases');
  const outputs = filters.shape.at(-1)!;
  const scaled = (values: Float32Array) => values.map((value, i) => value * scale[i % outputs]!);
  const [inputs] = filters.shape.slice(-2) as [number];
  const identity = () =>
    Float32Array.from({ length: inputs * outputs }, (_, i) => Number(i % (outputs + 1) === 0));
  const isWider = layer.endsWith('_down/conv1') && inputs < outputs;
  return [
    { ...filters, name: `${layer}/filters`, read: () => scaled(filters.read()) },
    {
      name: `${layer}/bias`,
      shape: [outputs],
      type: filters.type,
      bytes: 4 * outputs,
      read: () => scaled(bias).map((value, i) => value + summand[i]!),
    },
    ...(isWider
      ? [
          {
            name: layer.replace(/conv1$/, 'shortcut/filters'),
            shape: [1, 1, inputs, outputs],
            type: filters.type,
            bytes: 4 * inputs * outputs,
            read: identity,
          },
        ]
      : []),
  ];
}
