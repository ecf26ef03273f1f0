import { posix } from 'node:path';
import * as zlib from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { labelNames, ShardError, type ShardReader, textOf } from './shard.ts';

/**
 * Reads a Parquet file of images as Hugging Face writes them: a column of encoded images (bytes, or
 * a struct of `bytes` and `path`), and one of labels, whose names the file's metadata may hold. One
 * group of rows is in memory at a time.
 */
export const readParquet: ShardReader = async (path, { columns, slices }, take) => {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const all = parquetSchema(metadata).children;
  const image = imageColumn(all, columns?.image);
  const label = labelColumn(all, columns?.label);
  const kept = all
    .map(({ element }) => element.name)
    .filter((name) => ['group', 'source', ...slices].includes(name));
  const texts = [...new Set([label, ...kept])];
  const namesOf = labelTexts(metadata);
  const digits = String(metadata.num_rows).length;
  let row = 0;
  for (const group of metadata.row_groups) {
    const end = row + Number(group.num_rows);
    const wanted = { columns: [image, ...texts], rowStart: row, rowEnd: end };
    for (const values of await parquetReadObjects({
      file,
      metadata,
      compressors,
      utf8: false,
      ...wanted,
    })) {
      const record = `row ${row}`;
      const { bytes, name } = imageOf(values[image], record);
      const textIn = (column: string) =>
        textOf(namesOf(column, values[column], record), column, record);
      const facts = texts.map((column) => [column === label ? 'label' : column, textIn(column)]);
      take(record, Object.fromEntries(facts), {
        name: `${String(row).padStart(digits, '0')}${name}`,
        bytes,
      });
      row++;
    }
  }
};

/** The codecs of Node beside those of hyparquet; older versions of Node have no Zstandard. */
const compressors: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ...('zstdDecompressSync' in zlib
    ? { ZSTD: zlib.zstdDecompressSync as (input: Uint8Array) => Uint8Array }
    : {}),
};

function imageColumn(all: readonly SchemaTree[], named: string | undefined): string {
  const candidates = all.filter(holdsImages).map(({ element }) => element.name);
  const matching = named === undefined ? candidates : candidates.filter((name) => name === named);
  if (matching.length === 1) return matching[0]!;
  if (candidates.length > 1 && named === undefined && candidates.includes('image')) return 'image';
  const what = `of encoded images (bytes, or a struct with bytes)`;
  if (candidates.length > 1 && named === undefined)
    throw new ShardError(
      `expected one column ${what}, got ${candidates.join(', ')}. Name it by \`columns: { image: … }\`.`,
    );
  const wanted = named === undefined ? what : `${named} ${what}`;
  throw new ShardError(`expected a column ${wanted}, got ${all.map(described).join(', ')}.`);
}

const isBytes = ({ element }: SchemaTree) =>
  element.type === 'BYTE_ARRAY' &&
  [element.converted_type, element.logical_type].every((type) => type === undefined);

const holdsImages = (column: SchemaTree): boolean =>
  isBytes(column) ||
  column.children.some((child) => child.element.name === 'bytes' && isBytes(child));

function labelColumn(all: readonly SchemaTree[], named: string | undefined): string {
  const wanted = named === undefined ? labelNames : [named];
  const column = wanted.find((name) => all.some(({ element }) => element.name === name));
  if (column !== undefined) return column;
  throw new ShardError(
    `expected a column ${wanted[0]}, got ${all.map(described).join(', ')}. Name that of the classes by \`columns: { label: … }\`.`,
  );
}

/** A column and its type, as in `caption (UTF8)`. */
const described = ({ element, children }: SchemaTree): string =>
  `${element.name} (${element.converted_type ?? element.type ?? children.map((child) => child.element.name).join(', ')})`;

/**
 * Reads labels by the names that Hugging Face's metadata gives them; those of other columns stay as
 * they are.
 */
function labelTexts(
  metadata: FileMetaData,
): (column: string, value: unknown, record: string) => unknown {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  const features = text === undefined ? {} : (JSON.parse(text)?.info?.features ?? {});
  return (column, value, record) => {
    const names: unknown = features[column]?.names;
    if (!Array.isArray(names) || (typeof value !== 'bigint' && typeof value !== 'number'))
      return value;
    const name = names[Number(value)];
    if (name !== undefined) return name;
    const none =
      Number(value) === -1
        ? ', which is no class; `restage predict` scores images without labels'
        : '';
    throw new ShardError(
      `expected a ${column} from 0 to ${names.length - 1} in ${record}, got ${value}${none}.`,
    );
  };
}

/**
 * The bytes of an image, and the end of its name in the data set: the file's own, where the row has
 * it, and an extension otherwise.
 */
function imageOf(
  value: unknown,
  record: string,
): { readonly bytes: Uint8Array; readonly name: string } {
  const image = (value instanceof Uint8Array ? { bytes: value } : (value ?? {})) as {
    readonly bytes?: unknown;
    readonly path?: unknown;
  };
  const { bytes, path } = image;
  const isNamed = typeof path === 'string' || path instanceof Uint8Array;
  const fileName = isNamed ? posix.basename(Buffer.from(path as string).toString()) : '';
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) {
    const only = fileName === '' ? '' : `, only the path ${fileName}: embed the images in the file`;
    throw new ShardError(`expected the bytes of an image in ${record}, got none${only}.`);
  }
  return { bytes, name: fileName === '' ? extensionOf(bytes) : `-${fileName}` };
}

function extensionOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  if (start.startsWith('\xff\xd8')) return '.jpg';
  if (start === '\x89PNG') return '.png';
  return start === 'RIFF' ? '.webp' : '.img';
}
