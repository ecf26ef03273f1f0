import type { Sample } from '../dataset/dataset.ts';

/** Classes in the order of their labels, each with the folders of its images. */
export type ClassSources = readonly {
  readonly name: string;
  readonly sources: readonly string[];
}[];

/** An image in a shard of a data set: where its bytes are, and what is known of it as a frame. */
export interface StoredFrame {
  /** Absolute path of the shard. */
  readonly shard: string;
  readonly offset: number;
  readonly size: number;
  readonly pair?: string | undefined;
  readonly video?: string | undefined;
  readonly frame?: number | undefined;
  readonly time?: number | undefined;
  readonly face?: Sample['face'];
}

/** An image file that was found by its folder or list, with what that says of it. */
export interface FoundImage {
  /** Relative to the input folder, POSIX. */
  readonly path: string;
  readonly label: number;
  /** The sub-source within the class. */
  readonly source: string;
  /** Absent where the splits are to be drawn. */
  readonly split?: string;
  /** Named by the list. */
  readonly group?: string;
  /** Further columns of the list that are kept. */
  readonly slices?: Readonly<Record<string, string>>;
  /** For an image of a data set. */
  readonly frame?: StoredFrame;
}

/** The same with its split and the group it was joined to. */
export type PlacedImage = FoundImage & { readonly split: string };

/** Split names in the order they are shown: the usual three first. */
export function inSplitOrder(names: Iterable<string>): readonly string[] {
  const usual = ['train', 'val', 'test'];
  const unique = [...new Set(names)].sort();
  return [
    ...usual.filter((name) => unique.includes(name)),
    ...unique.filter((name) => !usual.includes(name)),
  ];
}
