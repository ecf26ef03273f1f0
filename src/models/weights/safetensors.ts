import { z } from 'zod';
import { StageError } from '../../stage.ts';
import { bytesOf, type NumberType, toFloat32 } from './numbers.ts';
import { readBytes, sizeOfFile } from './read-bytes.ts';
import { byName, type StoredTensor, type StoredWeights } from './stored-weights.ts';

const count = z.int().nonnegative();
const entry = z.object({ dtype: z.string(), shape: z.array(count), data_offsets: z.tuple([count, count]) });
type Entry = z.infer<typeof entry>;
const header = z.record(z.string(), z.unknown());

/** What is read as float32; tensors of other types, such as counters, may stand beside them unread. */
const types: Readonly<Record<string, NumberType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

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
  const tensors = Object.entries(entries).map(([name, value]) => {
    const parsed = entry.safeParse(value);
    if (!parsed.success)
      throw new StageError(`Expected dtype, shape and data_offsets of ${name} in the header of ${path}.`);
    return storedTensor(path, name, parsed.data, { start, end: fileSize });
  });
  return { path, format: 'safetensors', tensors: byName(tensors), [Symbol.dispose]() {} };
}

function storedTensor(path: string, name: string, { dtype, shape, data_offsets }: Entry, data: Range): StoredTensor {
  const [from, to] = data_offsets;
  const there = data.end - data.start;
  if (to > there) {
    throw new StageError(
      `Expected bytes ${from} to ${to} of data for ${name} in ${path}, got ${there}: it is cut short.`,
    );
  }
  const type = types[dtype];
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (type !== undefined && to - from !== size * bytesOf[type]) {
    const expected = size * bytesOf[type];
    throw new StageError(
      `Expected ${expected} bytes for ${name} of ${dtype} ${shape.join(' x ')} in ${path}, got ${to - from}.`,
    );
  }
  const read = () => {
    if (type !== undefined) return toFloat32(type, readBytes(path, data.start + from, to - from));
    throw new StageError(`Expected ${name} in ${path} to be of ${Object.keys(types).join(', ')}, got ${dtype}.`);
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
