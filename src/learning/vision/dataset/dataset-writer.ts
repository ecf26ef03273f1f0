import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type DatasetInfo, datasetFile, formatSamples, type Sample, samplesFile } from './dataset.ts';

/** An image before the writer gives it a place. */
type NewSample = Omit<Sample, 'shard' | 'offset' | 'size' | 'class'>;

interface DatasetWriterOptions {
  readonly classes: readonly string[];
  /** Names of folders: letters, digits, `-` and `_`. */
  readonly splits: readonly string[];
  /** A new shard starts where the next image would make one larger than this. Default 128 MiB. */
  readonly shardBytes?: number;
}

/**
 * Writes a `dataset` artifact: samples in the order they are added, equal samples to equal bytes. `finish` completes it; without it,
 * disposing leaves an unfinished folder that no reader accepts.
 */
export class DatasetWriter {
  readonly #folder: string;
  readonly #info: DatasetInfo;
  readonly #splits: ReadonlyMap<string, SplitWriter>;
  readonly #keys = new Set<string>();

  constructor(folder: string, { classes, splits, shardBytes = 128 * 2 ** 20 }: DatasetWriterOptions) {
    const wrong = splits.find((split) => !/^[\w-]+$/.test(split));
    if (wrong !== undefined) throw new Error(`Internal error: ${JSON.stringify(wrong)} cannot name a split`);
    this.#folder = folder;
    this.#info = { format: 1, classes, splits };
    this.#splits = new Map(splits.map((split) => [split, new SplitWriter(join(folder, split), shardBytes)]));
  }

  /** Appends one image; `bytes` are its encoded file, written as they are. */
  add(split: string, sample: NewSample, bytes: Uint8Array): void {
    const writer = this.#splits.get(split);
    const className = this.#info.classes[sample.label];
    if (writer === undefined) throw new Error(`Internal error: no split ${split} in this dataset`);
    if (className === undefined) throw new Error(`Internal error: no class has the label ${sample.label}`);
    if (this.#keys.has(sample.key)) throw new Error(`Internal error: two samples have the key ${sample.key}`);
    this.#keys.add(sample.key);
    writer.add(sample, className, bytes);
  }

  /** Closes the shards and writes the lists; `dataset.json` comes last. */
  finish(): void {
    for (const split of this.#splits.values()) split.finish();
    writeFileSync(join(this.#folder, datasetFile), `${JSON.stringify(this.#info, null, 2)}\n`);
  }

  [Symbol.dispose](): void {
    for (const split of this.#splits.values()) split.close();
  }
}

/** One split's shards and list. */
class SplitWriter {
  readonly #folder: string;
  readonly #shardBytes: number;
  readonly #samples: Sample[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(2 ** 18);
  /** The bytes of the open shard that wait in the buffer. */
  #gathered = 0;
  #shards = 0;
  #shard: { readonly name: string; readonly fd: number; length: number } | undefined;

  constructor(folder: string, shardBytes: number) {
    this.#folder = folder;
    this.#shardBytes = shardBytes;
    mkdirSync(folder, { recursive: true });
  }

  add(sample: NewSample, className: string, bytes: Uint8Array): void {
    const label = Buffer.from(String(sample.label));
    const extension = extname(sample.path).toLowerCase() || '.img';
    const header = tarHeader(sample.key + extension, bytes.length);
    const labelHeader = tarHeader(`${sample.key}.cls`, label.length);
    const chunks = [header, bytes, tarPadding(bytes.length), labelHeader, label, tarPadding(label.length)];
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);

    const shard = this.#shardWithRoomFor(length);
    const { key, label: number, source, path, group, slices, width, height } = sample;
    this.#samples.push({
      ...{ key, label: number, class: className, source, path, group, slices },
      ...{ width, height, shard: shard.name, offset: shard.length + header.length, size: bytes.length },
    });
    this.#write(shard.fd, chunks, length);
    shard.length += length;
  }

  finish(): void {
    this.close(tarEnd);
    writeFileSync(join(this.#folder, samplesFile), formatSamples(this.#samples));
  }

  /** Closes the shard, if one is open, after its last bytes; without these it stays unfinished. */
  close(end?: Uint8Array): void {
    if (this.#shard === undefined) return;
    if (end !== undefined) {
      this.#write(this.#shard.fd, [end], end.length);
      this.#flush(this.#shard.fd);
    }
    closeSync(this.#shard.fd);
    this.#shard = undefined;
  }

  /** Gathers small images: with a buffer for each, V8 would have twice as much to collect. */
  #write(fd: number, chunks: readonly Uint8Array[], length: number): void {
    if (this.#gathered + length > this.#buffer.length) this.#flush(fd);
    if (length > this.#buffer.length) return void writeFileSync(fd, Buffer.concat(chunks));
    for (const chunk of chunks) {
      this.#buffer.set(chunk, this.#gathered);
      this.#gathered += chunk.length;
    }
  }

  #flush(fd: number): void {
    writeFileSync(fd, this.#buffer.subarray(0, this.#gathered));
    this.#gathered = 0;
  }

  #shardWithRoomFor(length: number) {
    const used = this.#shard?.length ?? 0;
    if (used > 0 && used + length + tarEnd.length > this.#shardBytes) this.close(tarEnd);
    if (this.#shard === undefined) {
      const name = `${String(this.#shards++).padStart(5, '0')}.tar`;
      this.#shard = { name, fd: openSync(join(this.#folder, name), 'w'), length: 0 };
    }
    return this.#shard;
  }
}

// The bytes of tar archives (POSIX.1-1988 ustar, with a pax header where a name needs one). Owner, time and mode are constants, so
// that equal contents give equal archives.

/** Everything in a tar archive starts at a multiple of this many bytes. */
const tarBlock = 512;

/** Two empty blocks close an archive. */
const tarEnd = new Uint8Array(2 * tarBlock);

/** The header of a file of `size` bytes, after a pax header when the name is long or not ASCII. */
function tarHeader(name: string, size: number): Uint8Array {
  const split = splitName(name);
  if (split !== undefined) return ustarHeader(split.prefix, split.name, size, '0');

  const record = Buffer.from(paxRecord('path', name));
  const plainName = Buffer.from(name)
    .subarray(-100)
    .toString('latin1')
    .replace(/[^ -~]/g, '_');
  return Buffer.concat([
    ustarHeader('', 'PaxHeader', record.length, 'x'),
    record,
    tarPadding(record.length),
    ustarHeader('', plainName, size, '0'),
  ]);
}

/** The zero bytes after a file of `size` bytes that fill its last block. */
const tarPadding = (size: number): Uint8Array => tarEnd.subarray(0, -size & (tarBlock - 1));

/** A name as ustar holds it, or undefined where it cannot. */
function splitName(name: string): { prefix: string; name: string } | undefined {
  if (!/^[ -~]*$/.test(name)) return undefined;
  if (name.length <= 100) return { prefix: '', name };
  const slash = name.indexOf('/', name.length - 101);
  if (slash <= 0 || slash > 155 || slash === name.length - 1) return undefined;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** `<length> <key>=<value>\n`, where the length in bytes counts its own digits. */
function paxRecord(key: string, value: string): string {
  const body = Buffer.byteLength(` ${key}=${value}\n`);
  let length = body + String(body).length;
  length = body + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function ustarHeader(prefix: string, name: string, size: number, type: '0' | 'x'): Uint8Array {
  const header = Buffer.alloc(tarBlock);
  const octal = (value: number, digits: number, offset: number) =>
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, offset, 'latin1');
  header.write(name, 0, 'latin1');
  octal(0o644, 7, 100);
  octal(0, 7, 108);
  octal(0, 7, 116);
  octal(size, 11, 124);
  octal(0, 11, 136);
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345, 'latin1');
  let sum = 0;
  for (let i = 0; i < tarBlock; i++) sum += header[i]!;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
