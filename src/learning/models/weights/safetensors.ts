import { z } from 'zod';
import { StageError } from '../../../stage.ts';
import { bytesOf, type NumberType, toFloat32 } from './numbers.ts';
import { readBytes, sizeOfFile } from './read-bytes.ts';
import { byName, type StoredTensor, type StoredWeights } from './stored-weights.ts';

const count = z.int().nonnegative();
const entry = z.object({ dtype: z.string(), shape: z.array(count), data_offsets: z.tuple([count, count]) });
type Entry = z.infer<typeof entry>;
const header = z.record(z.string(), z.unknown());

/** What is read as float32; tensors of other types, such as counters, may stand beside them unread. */
const types: ReadonlyMap<string, NumberType> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
]);

/** The format's own limit of its header, in bytes. */
const longestHeader = 100_000_000;

/**
 * Opens a safetensors file (https://github.com/huggingface/safetensors): the length of a header, the header, which is JSON,
 * and the tensors' bytes. Throws a {@link StageError} that names the first tensor for which the file is too short.
 */
export function openSafetensors(path: string): StoredWeights {
  const fileSize = sizeOfFile(path);
  const prefix = readBytes(path, 0, 8);
  const length = prefix.length < 8 ? 0 : Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length < 2 || length > longestHeader || 8 + length > fileSize) {
    throw new StageError(`Expected safetensors, but ${path}, ${fileSize} bytes long, holds no whole header.`);
  }
  const { __metadata__: _, ...entries } = parseHeader(path, readBytes(path, 8, length));
  const start = 8 + length;
  const parsed = Object.entries(entries).map(([name, value]) => [name, parseEntry(path, name, value)] as const);
  const tensors = parsed.map(([name, one]) => storedTensor(path, name, one, { start, end: fileSize }));
  requireWhole(path, parsed, fileSize - start);
  return { path, format: 'safetensors', tensors: byName(path, tensors), [Symbol.dispose]() {} };
}

function parseEntry(path: string, name: string, value: unknown): Entry {
  const parsed = entry.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StageError(`Expected dtype, shape and data_offsets of ${name} in the header of ${path}.`);
}

/** As the format demands: one tensor after another, from the first byte of data to the last, none in the bytes of another. */
function requireWhole(path: string, entries: readonly (readonly [name: string, entry: Entry])[], there: number): void {
  const order = entries.toSorted(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  let end = 0;
  for (const [name, { data_offsets }] of order) {
    const [from, to] = data_offsets;
    if (from !== end || to < from) {
      throw new StageError(
        `Expected the data of ${name} in ${path} to begin at byte ${end}, where that before it ends, got ${from} to ${to}.`,
      );
    }
    end = to;
  }
  if (end !== there)
    throw new StageError(`Expected ${end} bytes of data in ${path}, as its tensors say, got ${there}.`);
}

function storedTensor(path: string, name: string, { dtype, shape, data_offsets }: Entry, data: Range): StoredTensor {
  const [from, to] = data_offsets;
  const there = data.end - data.start;
  if (to > there) {
    throw new StageError(
      `Expected bytes ${from} to ${to} of data for ${name} in ${path}, got ${there}: it is cut short.`,
    );
  }
  const type = types.get(dtype);
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (type !== undefined && to - from !== size * bytesOf[type]) {
    const expected = size * bytesOf[type];
    throw new StageError(
      `Expected ${expected} bytes for ${name} of ${dtype} ${shape.join(' x ')} in ${path}, got ${to - from}.`,
    );
  }
  const read = () => {
    if (type !== undefined) return toFloat32(type, readBytes(path, data.start + from, to - from));
    throw new StageError(`Expected ${name} in ${path} to be of ${[...types.keys()].join(', ')}, got ${dtype}.`);
  };
  return { name, shape, read };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function parseHeader(path: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return header.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw new StageError(`Expected safetensors, but the header of ${path} is not a map in JSON.`);
  }
}
