import { closeSync, existsSync, fstatSync, openSync, read } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import { parseArtifactFile } from '../parse-artifact-file.ts';
import {
  datasetFile,
  datasetInfo,
  type MissingVideo,
  missingFile,
  type Sample,
  sampleList,
  samplesFile,
  wholeSplit,
} from './dataset.ts';
import { readMissing } from './read-missing.ts';

const readAt = promisify(read);

/**
 * Opens the `dataset` artifact in `folder`, its lists and shards when they are used. Throws a
 * {@link StageError} if it is none. `at` gives the path of a file of it that lies elsewhere, as in
 * a store.
 */
export function openDataset(
  folder: string,
  at = (...names: readonly string[]) => join(folder, ...names),
) {
  if (!existsSync(at(datasetFile))) {
    throw new StageError(
      `Expected a dataset, as load-dataset leaves one, but ${folder} has no ${datasetFile}. A folder of images goes through that stage.`,
    );
  }
  const info = parseArtifactFile('a dataset', at(datasetFile), datasetInfo);
  const open = new Map<string, DatasetSplit>();
  const close = () => {
    for (const split of open.values()) split.close();
  };
  return {
    /** In label order. */
    classes: info.classes,
    splits: info.splits,
    /** How the images were made; undefined where nobody knows. */
    recipe: info.recipe,
    /** Throws a {@link StageError} that names the splits when `name` is none of them. */
    split(name: string): DatasetSplit {
      if (!info.splits.includes(name)) {
        const isWhole = info.splits.join() === wholeSplit;
        const hint = isWhole ? ' Draw splits from it by `load-dataset` with `split`.' : '';
        throw new StageError(
          `Expected one of the dataset's splits, got "${name}". ${thereAre(name, info.splits)}${hint}`,
        );
      }
      const split = open.get(name) ?? new DatasetSplit(name, info.classes, at);
      open.set(name, split);
      return split;
    },
    /** Closes every shard. Images can be read again afterwards. */
    close,
    [Symbol.dispose]: close,
  };
}
export type Dataset = ReturnType<typeof openDataset>;

/** One split of a dataset, with random access to its images. */
class DatasetSplit {
  readonly name: string;
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  readonly #at: (...names: readonly string[]) => string;
  readonly #shards = new Map<string, Shard>();

  constructor(
    name: string,
    classes: readonly string[],
    at: (...names: readonly string[]) => string,
  ) {
    this.name = name;
    this.classes = classes;
    this.#at = at;
    this.samples = parseArtifactFile(
      'a dataset',
      at(name, samplesFile),
      sampleList(classes.length),
    );
  }

  /** Reads the list of the videos of the split without an image. */
  missing(): readonly MissingVideo[] {
    return readMissing('a dataset', this.#at(this.name, missingFile), this.classes.length);
  }

  /** The encoded file of `samples[index]`. Several images can be read at once. */
  async read(index: number): Promise<Buffer> {
    const sample = this.samples[index];
    if (sample === undefined)
      throw new Error(`Internal error: no sample ${index} in the split ${this.name}`);
    const { shard: name, offset, size, path } = sample;
    const shard = this.#shard(name);
    const there = Math.min(size, Math.max(0, shard.size - offset));
    // A damaged list may ask for any size.
    const buffer = Buffer.allocUnsafeSlow(there);
    const bytesRead = there === 0 ? 0 : await readShard(shard, buffer, offset);
    if (bytesRead === size) return buffer;
    throw new StageError(
      `Expected ${size} bytes of ${path} at ${offset} of ${this.#at(this.name, name)}, got ${bytesRead}.`,
    );
  }

  close(): void {
    for (const shard of this.#shards.values()) {
      shard.isClosed = true;
      if (shard.reads === 0) closeSync(shard.fd);
    }
    this.#shards.clear();
  }

  #shard(name: string): Shard {
    const shard = this.#shards.get(name) ?? openShard(this.#at(this.name, name));
    this.#shards.set(name, shard);
    return shard;
  }
}

/** An open file. */
interface Shard {
  readonly fd: number;
  /** Bytes when it was opened. */
  readonly size: number;
  /** Reads that have begun and not ended. The last one closes the file if `isClosed`. */
  reads: number;
  isClosed: boolean;
}

/**
 * Fills a buffer from an offset; returns how many bytes there were. The file stays open until then:
 * its descriptor could otherwise be that of another file meanwhile.
 */
async function readShard(shard: Shard, buffer: Buffer, offset: number): Promise<number> {
  shard.reads++;
  try {
    return (await readAt(shard.fd, buffer, 0, buffer.length, offset)).bytesRead;
  } finally {
    shard.reads--;
    if (shard.isClosed && shard.reads === 0) closeSync(shard.fd);
  }
}

function openShard(path: string): Shard {
  try {
    const fd = openSync(path, 'r');
    const stats = fstatSync(fd);
    return { fd, size: stats.isFile() ? stats.size : 0, reads: 0, isClosed: false };
  } catch (error) {
    throw new StageError(
      `Expected a dataset, but its shard ${path} cannot be read: ${reasonOf(error)}.`,
    );
  }
}
