import { closeSync, existsSync, fstatSync, openSync, read } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import { parseArtifactFile } from '../parse-artifact-file.ts';
import { datasetFile, datasetInfo, type Sample, sampleList, samplesFile } from './dataset.ts';

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
    /** Throws a {@link StageError} that names the splits when `name` is none of them. */
    split(name: string): DatasetSplit {
      if (!info.splits.includes(name)) {
        throw new StageError(
          `Expected one of the dataset's splits, got "${name}". ${thereAre(name, info.splits)}`,
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
    const bytesRead =
      there === 0 ? 0 : (await readAt(shard.fd, buffer, 0, there, offset)).bytesRead;
    if (bytesRead === size) return buffer;
    throw new StageError(
      `Expected ${size} bytes of ${path} at ${offset} of ${this.#at(this.name, name)}, got ${bytesRead}.`,
    );
  }

  close(): void {
    for (const { fd } of this.#shards.values()) closeSync(fd);
    this.#shards.clear();
  }

  #shard(name: string): Shard {
    const shard = this.#shards.get(name) ?? openShard(this.#at(this.name, name));
    this.#shards.set(name, shard);
    return shard;
  }
}

/** An open file, and its size in bytes when it was opened. */
type Shard = { readonly fd: number; readonly size: number };

function openShard(path: string): Shard {
  try {
    const fd = openSync(path, 'r');
    const stats = fstatSync(fd);
    return { fd, size: stats.isFile() ? stats.size : 0 };
  } catch (error) {
    throw new StageError(
      `Expected a dataset, but its shard ${path} cannot be read: ${reasonOf(error)}.`,
    );
  }
}
