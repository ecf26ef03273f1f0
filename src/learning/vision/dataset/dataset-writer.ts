import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { tarEnd, tarHeader, tarPadding } from '../../../tar.ts';
import {
  type DatasetInfo,
  datasetFile,
  type MissingVideo,
  missingFile,
  type Sample,
  samplesFile,
} from './dataset.ts';
import type { Recipe } from './recipe.ts';
import { writeSamples } from './write-samples.ts';

/** An image before the writer appends it to a shard. */
type NewSample = Omit<Sample, 'shard' | 'offset' | 'size' | 'class'>;
/** An image of a shard that was made elsewhere: where its bytes begin, and how many there are. */
export type ShardSample = Omit<Sample, 'shard' | 'class'>;

interface DatasetWriterOptions {
  readonly classes: readonly string[];
  /** Names of folders: letters, digits, `-` and `_`. */
  readonly splits: readonly string[];
  /** How the images were made, where that is known. */
  readonly recipe?: Recipe | undefined;
  /** A new shard starts where the next image would make one larger than this. Default 128 MiB. */
  readonly shardBytes?: number;
}

/**
 * Writes a `dataset` artifact: samples in the order they are added, equal samples to equal bytes.
 * `finish` completes it; without it, disposing leaves an unfinished folder that no reader accepts.
 */
export class DatasetWriter {
  readonly #folder: string;
  readonly #info: DatasetInfo;
  readonly #splits: ReadonlyMap<string, SplitWriter>;
  readonly #keys = new Set<string>();

  constructor(
    folder: string,
    { classes, splits, recipe, shardBytes = 128 * 2 ** 20 }: DatasetWriterOptions,
  ) {
    const wrong = splits.find((split) => !/^[\w-]+$/.test(split));
    if (wrong !== undefined)
      throw new Error(`Internal error: ${JSON.stringify(wrong)} cannot name a split`);
    this.#folder = folder;
    this.#info = { format: 1, classes, splits, ...(recipe !== undefined && { recipe }) };
    this.#splits = new Map(
      splits.map((split) => [split, new SplitWriter(join(folder, split), shardBytes)]),
    );
  }

  /** Appends one image; `bytes` are its encoded file, written as they are. */
  add(split: string, sample: NewSample, bytes: Uint8Array): void {
    const className = this.#claim(sample);
    this.#split(split).add(sample, className, bytes);
  }

  /** Where a shard of a split must lie before {@link addShard}; its folder exists. */
  shardPath(split: string, shard: string): string {
    return this.#split(split).path(shard);
  }

  /**
   * Takes the images of a shard that is written already, such as those of one video. Its name
   * must not be a number.
   */
  addShard(split: string, shard: string, samples: readonly ShardSample[]): void {
    for (const sample of samples) this.#split(split).list(sample, this.#claim(sample), shard);
  }

  /** Names a video of the split that has no image. */
  addMissing(split: string, { label, ...video }: Omit<MissingVideo, 'class'>): void {
    this.#split(split).addMissing({ label, class: this.#className(label), ...video });
  }

  /** The class of an image whose key nobody has yet. */
  #claim({ key, label }: Pick<Sample, 'key' | 'label'>): string {
    if (this.#keys.has(key)) throw new Error(`Internal error: two samples have the key ${key}`);
    this.#keys.add(key);
    return this.#className(label);
  }

  #className(label: number): string {
    const className = this.#info.classes[label];
    if (className === undefined) throw new Error(`Internal error: no class has the label ${label}`);
    return className;
  }

  #split(name: string): SplitWriter {
    const writer = this.#splits.get(name);
    if (writer === undefined) throw new Error(`Internal error: no split ${name} in this dataset`);
    return writer;
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
  readonly #missing: MissingVideo[] = [];
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
    const chunks = [
      header,
      bytes,
      tarPadding(bytes.length),
      labelHeader,
      label,
      tarPadding(label.length),
    ];
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);

    const shard = this.#shardWithRoomFor(length);
    const position = { offset: shard.length + header.length, size: bytes.length };
    this.list({ ...sample, ...position }, className, shard.name);
    this.#write(shard.fd, chunks, length);
    shard.length += length;
  }

  path(shard: string): string {
    return join(this.#folder, shard);
  }

  /** Lists an image of a shard; the order of its facts is that of the file. */
  list(sample: ShardSample, className: string, shard: string): void {
    const { key, label, source, path, group, pair, slices, video, frame, time } = sample;
    const { face, width, height, offset, size } = sample;
    this.#samples.push({
      key,
      label,
      class: className,
      source,
      path,
      group,
      pair,
      slices,
      video,
      frame,
      time,
      face,
      width,
      height,
      shard,
      offset,
      size,
    });
  }

  addMissing(video: MissingVideo): void {
    this.#missing.push(video);
  }

  finish(): void {
    this.close(tarEnd);
    writeSamples(join(this.#folder, samplesFile), this.#samples);
    if (this.#missing.length > 0) writeSamples(join(this.#folder, missingFile), this.#missing);
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
