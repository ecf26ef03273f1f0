import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { StageResult, StoredArtifact } from '../../engine/store/stage-result.ts';
import { mapsListFile, readKeptMaps } from '../../learning/explanations/maps-list.ts';
import { type Dataset, openDataset } from '../../learning/vision/dataset/open-dataset.ts';
import { readNpyPart } from '../../learning/vision/features/npy.ts';
import { imageTypes } from '../report/show-artifact.ts';
import type { Objects } from './stored-objects.ts';

/** Data sets and lists of maps that stay open, and bytes of thumbnails that are kept. */
const mostOpen = 6;
const mostBytes = 32 * 1024 ** 2;
/** A smaller original is its own thumbnail. */
const small = 12 * 1024;
const thumbnailSide = 160;

/** An image as it is sent. */
export interface Picture {
  readonly type: string;
  readonly bytes: Buffer;
}

/** A map that a stage kept of an image. */
export interface KeptMap {
  readonly label: string;
  readonly src: string;
}

/** The files of an image in a folder of pages; absent where the run has no such image. */
export interface ImageFiles {
  readonly thumb?: string | undefined;
  readonly image?: string | undefined;
  readonly maps: readonly KeptMap[];
}

/** Images and maps of stored artifacts, opened where they lie in the store. */
export class ImageStore {
  readonly #objects: Objects;
  readonly #open = new Map<
    Digest,
    { readonly dataset: Dataset; readonly indexes: Map<string, ReadonlyMap<string, number>> }
  >();
  readonly #maps = new Map<Digest, ReadonlyMap<string, readonly KeptMap[]>>();
  readonly #thumbnails = new Map<string, Picture>();
  #bytes = 0;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** A stored data set; undefined where the store no longer has it. */
  open(artifact: StoredArtifact): Dataset | undefined {
    return this.#opened(artifact)?.dataset;
  }

  /** The splits of a data set whose images may be shown: those that are not sealed. */
  splitsOf(artifact: StoredArtifact): readonly string[] {
    const splits = this.open(artifact)?.splits ?? [];
    return splits.filter((split) => !this.#objects.isSealed(artifact, split));
  }

  /** The index of each image of a split by its key; undefined where none may be shown. */
  indexesIn(artifact: StoredArtifact, split: string): ReadonlyMap<string, number> | undefined {
    if (this.#objects.isSealed(artifact, split)) return undefined;
    const opened = this.#opened(artifact);
    if (!opened?.dataset.splits.includes(split)) return undefined;
    const known = opened.indexes.get(split);
    if (known !== undefined) return known;
    const indexes = new Map(
      opened.dataset.split(split).samples.map(({ key }, index) => [key, index]),
    );
    opened.indexes.set(split, indexes);
    return indexes;
  }

  #opened(artifact: StoredArtifact) {
    const known = this.#open.get(artifact.digest);
    if (known !== undefined) return known;
    this.#objects.list(artifact, 'dataset');
    try {
      const at = (...names: readonly string[]) => this.#objects.pathOf(artifact, names.join('/'));
      const opened = { dataset: openDataset('the stored data set', at), indexes: new Map() };
      forgetFirst(this.#open, mostOpen)?.dataset.close();
      this.#open.set(artifact.digest, opened);
      return opened;
    } catch {
      return undefined;
    }
  }

  /** An image by its data set and index; undefined where there is none. */
  async picture(digest: string, split: string, index: number): Promise<Picture | undefined> {
    const listed = this.#objects.get(digest);
    if (listed === undefined || this.#objects.isSealed(listed.artifact, split)) return undefined;
    const dataset = this.open(listed.artifact);
    if (!dataset?.splits.includes(split)) return undefined;
    const sample = dataset.split(split).samples[index];
    if (sample === undefined) return undefined;
    const bytes = await this.#read(listed.artifact.digest, dataset, split, index);
    if (bytes === undefined) return undefined;
    const type = imageTypes[extname(sample.path).toLowerCase()];
    // Browsers show no TIFF, and an SVG would be a document.
    return type === undefined || type.includes('svg')
      ? await reduced(bytes, 1024)
      : { type, bytes };
  }

  /** The bytes of an image; undefined where the store has lost them, or has damaged ones. */
  async #read(digest: Digest, dataset: Dataset, split: string, index: number) {
    try {
      return await dataset.split(split).read(index);
    } catch {
      // Opened again, it finds what a run has restored meanwhile.
      dataset.close();
      this.#open.delete(digest);
      return undefined;
    }
  }

  async thumbnail(digest: string, split: string, index: number): Promise<Picture | undefined> {
    const name = `${digest} ${split} ${index}`;
    const kept = this.#thumbnails.get(name);
    if (kept !== undefined) return kept;
    const whole = await this.picture(digest, split, index);
    if (whole === undefined || whole.bytes.length <= small) return whole;
    const picture = await reduced(whole.bytes, thumbnailSide);
    if (picture === undefined) return undefined;
    this.#thumbnails.set(name, picture);
    this.#bytes += picture.bytes.length;
    while (this.#bytes > mostBytes) this.#bytes -= forgetFirst(this.#thumbnails, 0)!.bytes.length;
    return picture;
  }

  /** The maps that stages kept of an image. */
  mapsOf(
    results: ReadonlyMap<string, StageResult>,
    split: string,
    key: string,
  ): readonly KeptMap[] {
    const all = [...results].flatMap(([stage, { outputs }]) =>
      Object.values(outputs).map((artifact) => ({ stage, artifact })),
    );
    return all.flatMap(({ stage, artifact }) => {
      if (artifact.type !== 'files' || !artifact.files.some(({ path }) => path === mapsListFile))
        return [];
      const listed = this.#maps.get(artifact.digest) ?? this.#readMaps(artifact);
      return (listed.get(`${split} ${key}`) ?? []).map(({ label, src }) => ({
        label: `${stage}: ${label}`,
        src,
      }));
    });
  }

  #readMaps(artifact: StoredArtifact): ReadonlyMap<string, readonly KeptMap[]> {
    const maps = new Map<string, KeptMap[]>();
    this.#objects.list(artifact, 'maps');
    try {
      const list = readFileSync(this.#objects.pathOf(artifact, mapsListFile), 'utf8');
      for (const { file, row, method, model, explained, split, key } of readKeptMaps(list)) {
        const label = [method, model, explained].filter((text) => text !== '').join(', ');
        const src = `/map/${artifact.digest}/${row}/${encodeURIComponent(file)}`;
        const name = `${split} ${key}`;
        maps.set(name, [...(maps.get(name) ?? []), { label, src }]);
      }
    } catch {
      // The store no longer has the list: nothing is known of its maps.
    }
    forgetFirst(this.#maps, mostOpen);
    this.#maps.set(artifact.digest, maps);
    return maps;
  }

  /** A kept map as a picture, from cold to warm; undefined where there is none. */
  async map(digest: string, member: string, row: number): Promise<Picture | undefined> {
    const listed = this.#objects.get(digest);
    if (!listed?.artifact.files.some(({ path }) => path === member && path.endsWith('.npy')))
      return undefined;
    const map = readNpyPart(this.#objects.pathOf(listed.artifact, member), row);
    if (map?.shape.length !== 2) return undefined;
    const [height, width] = map.shape as readonly [number, number];
    const { constancyOf, pictureOf } = await import('../../learning/explanations/map-pictures.ts');
    const { sharpOf } = await import('../../learning/vision/decode-image.ts');
    const isConstant = constancyOf({ height, width, values: map.values }) !== undefined;
    // A map that is the same everywhere marks nothing.
    const values = isConstant ? new Float32Array(map.values.length) : map.values;
    return {
      type: 'image/png',
      bytes: await sharpOf(pictureOf({ height, width, values }, 'viridis')).png().toBuffer(),
    };
  }
}

/**
 * Makes room for one more entry in a map of at most `most`, and returns the oldest if it had to go.
 */
function forgetFirst<K, V>(map: Map<K, V>, most: number): V | undefined {
  if (map.size < most || map.size === 0) return undefined;
  const [key, value] = map.entries().next().value!;
  map.delete(key);
  return value;
}

/** A smaller JPEG of an image; undefined if it cannot be decoded. */
async function reduced(bytes: Buffer, side: number): Promise<Picture | undefined> {
  const { thumbnail } = await import('../../learning/vision/thumbnail.ts'); // it loads sharp
  const uri = await thumbnail(bytes, { side }).catch(() => undefined);
  if (uri === undefined) return undefined;
  return { type: 'image/jpeg', bytes: Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64') };
}
