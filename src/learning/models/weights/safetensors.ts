import { z } from 'zod';
import { StageError } from '../../../stage.ts';
import { bytesOf, type NumberType, toFloat32 } from './number-types.ts';
import type { StoredTensor, StoredWeights } from './weight-files.ts';
import { byName, readBytes, sizeOfFile } from './weight-files.ts';

const count = z.int().nonnegative();
const entry = z.object({
  dtype: z.string(),
  shape: z.array(count),
  data_offsets: z.tuple([count, count]),
});
type Entry = z.infer<typeof entry>;
const header = z.record(z.string(), z.unknown());

/**
 * Types that are read as float32; tensors of other types, such as counters, may stand beside them
 * unread.
 */
const types: ReadonlyMap<string, NumberType> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
]);

/** The format's own limit of its header, in bytes. */
const longestHeader = 100_000_000;

/**
 * Opens a safetensors file (https://github.com/huggingface/safetensors): the length of a header,
 * the header in JSON, and the bytes of the tensors. Throws a {@link StageError} that names the
 * first tensor for which the file is too short.
 */
export function openSafetensors(path: string): StoredWeights {
  const fileSize = sizeOfFile(path);
  const prefix = readBytes(path, 0, 8);
  const length = prefix.length < 8 ? 0 : Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length < 2 || length > longestHeader || 8 + length > fileSize) {
    throw new StageError(
      `Expected safetensors, but ${path}, ${fileSize} bytes long, holds no whole header.`,
    );
  }
  const { __metadata__: _, ...entries } = parseHeader(path, readBytes(path, 8, length));
  const parsed = Object.entries(entries).map(
    ([name, value]) => [name, parseEntry(path, name, value)] as const,
  );
  const start = 8 + length;
  const tensors = parsed.map(([name, tensorHeader]) =>
    storedTensor(path, name, tensorHeader, { start, size: fileSize - start }),
  );
  requireContiguous(path, parsed, fileSize - start);
  return { path, tensors: byName(path, tensors), [Symbol.dispose]() {} };
}

function parseHeader(path: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return header.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw new StageError(`Expected safetensors, but the header of ${path} is not a map in JSON.`);
  }
}

function parseEntry(path: string, name: string, value: unknown): Entry {
  const parsed = entry.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StageError(
    `Expected dtype, shape and data_offsets of ${name} in the header of ${path}.`,
  );
}

function storedTensor(
  path: string,
  name: string,
  { dtype, shape, data_offsets: [from, to] }: Entry,
  data: { readonly start: number; readonly size: number },
): StoredTensor {
  if (to > data.size) {
    throw new StageError(
      `Expected bytes ${from} to ${to} of data for ${name} in ${path}, got ${data.size}: it is cut short.`,
    );
  }
  const type = types.get(dtype);
  const expected =
    type === undefined
      ? to - from
      : shape.reduce((product, length) => product * length, bytesOf[type]);
  if (to - from !== expected) {
    throw new StageError(
      `Expected ${expected} bytes for ${name} of ${dtype} ${shape.join(' x ')} in ${path}, got ${to - from}.`,
    );
  }
  const read = () => {
    if (type !== undefined) return toFloat32(type, readBytes(path, data.start + from, to - from));
    throw new StageError(
      `Expected ${name} in ${path} to be of ${[...types.keys()].join(', ')}, got ${dtype}.`,
    );
  };
  return { name, shape, type: dtype, bytes: to - from, read };
}

/**
 * The format requires that the tensors follow one another, without gaps or overlaps, from the first
 * byte of data to the last.
 */
function requireContiguous(
  path: string,
  entries: readonly (readonly [string, Entry])[],
  size: number,
): void {
  const order = entries.toSorted(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
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
  if (end === size) return;
  throw new StageError(
    `Expected ${end} bytes of data in ${path}, as its tensors say, got ${size}.`,
  );
}

/** A float32 tensor by name. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * The bytes of a safetensors file: float32 tensors in this order, and `metadata` as text for
 * people.
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const start = offset;
    offset += values.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [start, offset] }] as const;
  });
  const header = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  // Spaces align the data to eight bytes, as the format's own writer does.
  const text = Buffer.from(
    header.padEnd(header.length + ((8 - (Buffer.byteLength(header) % 8)) % 8)),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const bytes = tensors.map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([length, text, ...bytes]);
}
