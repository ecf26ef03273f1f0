import { posix } from 'node:path';
import { list, type ReadEntry } from 'tar';
import {
  labelNames,
  ShardError,
  type ShardReader,
  type ShardSettings,
  type TakeRecord,
  textOf,
} from './shard.ts';

const imageExtension = /^(.*\.)?(jpe?g|png|webp|gif|avif|tiff?|bmp)$/i;

/** The files of one sample, which share a name up to its first dot. */
interface Parts {
  readonly images: { readonly extension: string; readonly bytes: Uint8Array }[];
  readonly facts: Record<string, unknown>;
}

/**
 * Reads a shard of WebDataset: a tar in which `key.jpg` is an image and `key.cls`, or `label` in
 * `key.json`, its class. The files of a sample are adjacent, so one sample is in memory at a time.
 * (github.com/webdataset/webdataset)
 */
export const readWebDataset: ShardReader = async (file, settings, take) => {
  let key = '';
  let parts: Parts | undefined;
  let failure: unknown;
  const finish = () => {
    if (parts !== undefined) takeSample(key, parts, settings, take);
  };
  await list({
    file,
    strict: true,
    onReadEntry: (entry) => {
      const { dir, base } = posix.parse(entry.path);
      const dot = base.indexOf('.');
      if (!/File$/.test(entry.type) || base.startsWith('.') || dot < 1) return;
      const sampleKey = posix.join(dir, base.slice(0, dot));
      gather(entry, (bytes) => {
        if (failure !== undefined) return;
        try {
          if (sampleKey !== key) {
            finish();
            [key, parts] = [sampleKey, undefined];
          }
          parts ??= { images: [], facts: {} };
          addPart(parts, entry.path, base.slice(dot + 1), bytes);
        } catch (error) {
          failure = error; // thrown in the handler of an event, it would end the process
        }
      });
    },
  });
  if (failure !== undefined) throw failure;
  finish();
};

function takeSample(
  key: string,
  { images, facts }: Parts,
  { columns, slices }: ShardSettings,
  take: TakeRecord,
) {
  const names = columns?.label === undefined ? labelNames : [columns.label];
  const record = `sample ${key}`;
  const wanted = images.filter(({ extension }) => extension === (columns?.image ?? extension));
  if (wanted.length !== 1)
    throw new ShardError(notOne(record, images, Object.keys(facts), columns?.image));
  const label = names.find((name) => facts[name] !== undefined);
  if (label === undefined) {
    throw new ShardError(
      `expected ${key}.cls, or "label" in ${key}.json, beside the image, got ${Object.keys(facts).join(', ') || 'the image alone'}. ` +
        'Name what holds the class by `columns: { label: … }`.',
    );
  }
  const kept = ['group', 'source', ...slices].map(
    (name) => [name, textOf(facts[name], name, record)] as const,
  );
  const fields = { ...Object.fromEntries(kept), label: textOf(facts[label], label, record) };
  take(record, fields, { name: `${key}.${wanted[0]!.extension}`, bytes: wanted[0]!.bytes });
}

function gather(entry: ReadEntry, then: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  entry.on('data', (chunk) => chunks.push(chunk));
  entry.on('end', () => then(Buffer.concat(chunks)));
}

/** Adds a file to its sample. Throws a {@link ShardError} for JSON that is none. */
function addPart({ images, facts }: Parts, path: string, extension: string, bytes: Buffer): void {
  if (imageExtension.test(extension)) images.push({ extension, bytes });
  else if (extension === 'json') {
    try {
      Object.assign(facts, JSON.parse(bytes.toString()));
    } catch (error) {
      throw new ShardError(`${path} is no JSON: ${(error as Error).message}.`);
    }
  } else if (bytes.length < 1000) facts[extension.replace(/\.txt$/, '')] = bytes.toString().trim();
}

function notOne(
  record: string,
  images: Parts['images'],
  otherExtensions: readonly string[],
  wanted: string | undefined,
) {
  const got =
    [...images.map(({ extension }) => extension), ...otherExtensions].join(', ') || 'nothing';
  if (images.length > 1 && wanted === undefined)
    return `expected one image in ${record}, got ${got}. Name its extension by \`columns: { image: … }\`.`;
  const image = wanted === undefined ? 'an image' : `an image .${wanted}`;
  return `expected ${image} in ${record}, got ${got}.`;
}
