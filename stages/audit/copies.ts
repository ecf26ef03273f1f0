import { csvTable } from '../../src/csv.ts';
import { groupBy } from '../../src/group-by.ts';
import { DisjointSets } from '../../src/learning/disjoint-sets.ts';
import {
  NearDuplicates,
  type NearPair,
} from '../../src/learning/vision/forensics/near-duplicates.ts';
import { inverseOf, type Orientation } from '../../src/learning/vision/forensics/orientation.ts';
import type { AuditedImage } from './survey.ts';

/**
 * Kinds of copies: the same file, the same pixels in another file, a similar picture, or one that
 * is mirrored or rotated.
 */
const copyKinds = ['file', 'pixels', 'similar', 'turned'] as const;
type CopyKind = (typeof copyKinds)[number];

/** Two images by their indices, the lower one first. */
interface ImagePair {
  readonly first: number;
  readonly second: number;
}

/** Two images of which one is a copy of the other. */
export interface Copy extends ImagePair {
  readonly kind: CopyKind;
  /**
   * Only of similar and turned images: the Hamming distance of their hashes, and the correlation of
   * their grey values.
   */
  readonly distance?: number;
  readonly correlation?: number;
  /** Only of turned images: how one of the two lies when it looks like the other. */
  readonly orientation?: Orientation;
  readonly acrossSplits: boolean;
  readonly acrossClasses: boolean;
}

/** The copies among the images of a data set. */
export type Copies = ReturnType<typeof findCopies>;

/** Only data whose pictures hardly differ has more, such as that of a fixed camera. */
const mostPairs = 1_000_000;

/** Finds copies among all images, of any split and class. */
export function findCopies(images: readonly AuditedImage[], together: readonly string[]) {
  const files = groupBy(images.keys(), (index) => images[index]!.print.fileDigest);
  const pixels = groupBy(images.keys(), (index) => images[index]!.print.pixelsDigest);
  const alike = (index: number): readonly number[] =>
    pixels.get(images[index]!.print.pixelsDigest)!;
  const { pairs: similar, isCut } = similarPairs(images, pixels);
  const pair = (kind: CopyKind, first: number, second: number): Copy => ({
    kind,
    first,
    second,
    acrossSplits: images[first]!.split !== images[second]!.split,
    acrossClasses: images[first]!.label !== images[second]!.label,
  });
  const withFirst = (kind: CopyKind, [first, ...later]: readonly number[]) =>
    later.map((index) => pair(kind, first!, index));
  const isFirstOfFile = (index: number) => files.get(images[index]!.print.fileDigest)![0] === index;
  const pairs: readonly Copy[] = [
    ...[...files.values()].flatMap((members) => withFirst('file', members)),
    ...[...pixels.values()].flatMap((members) =>
      withFirst('pixels', members.filter(isFirstOfFile)),
    ),
    ...similar.map(({ first, second, distance, correlation, orientation }) => {
      const [a, b] = farthest(images, alike(first), alike(second));
      const lower = Math.min(a, b);
      const higher = Math.max(a, b);
      const measured = { distance, correlation };
      if (orientation === 'upright') return { ...pair('similar', lower, higher), ...measured };
      const seen = lower === a ? orientation : inverseOf(orientation);
      return { ...pair('turned', lower, higher), ...measured, orientation: seen };
    }),
  ].sort(
    (a, b) =>
      Number(b.acrossSplits) - Number(a.acrossSplits) ||
      copyKinds.indexOf(a.kind) - copyKinds.indexOf(b.kind) ||
      (a.distance ?? 0) - (b.distance ?? 0) ||
      (b.correlation ?? 1) - (a.correlation ?? 1) ||
      a.first - b.first ||
      a.second - b.second,
  );
  return {
    /**
     * Each further copy of a file or of its pixels, paired with the first; and every pair of
     * similar pictures, where one image represents all identical ones. Pairs across splits come
     * first, then the more similar ones.
     */
    pairs,
    /** Images of which another split has a copy. */
    leaking: countLeaking(images, alike, similar),
    /**
     * The unit of each image: its group, its copies, and their groups and copies have the same
     * name.
     */
    units: joinUnits(images, pixels, similar, together),
    /** Whether there were so many similar pairs that the search was ended. */
    isCut,
  };
}

function similarPairs(
  images: readonly AuditedImage[],
  pixels: ReadonlyMap<string, readonly number[]>,
) {
  const near = new NearDuplicates();
  for (const [index] of pixels.values()) near.add(index!, images[index!]!.print.grey);
  const pairs: NearPair[] = [];
  for (const pair of near.pairs()) {
    if (pairs.length === mostPairs) return { pairs, isCut: true };
    pairs.push(pair);
  }
  return { pairs, isCut: false };
}

/** One image of each cluster: from two different splits where possible, else the first ones. */
function farthest(
  images: readonly AuditedImage[],
  firstCluster: readonly number[],
  secondCluster: readonly number[],
): [number, number] {
  for (const first of firstCluster) {
    const second = secondCluster.find((index) => images[index]!.split !== images[first]!.split);
    if (second !== undefined) return [first, second];
  }
  return [firstCluster[0]!, secondCluster[0]!];
}

function countLeaking(
  images: readonly AuditedImage[],
  alike: (index: number) => readonly number[],
  similar: readonly NearPair[],
): number {
  const splitsOf = (index: number) => alike(index).map((member) => images[member]!.split);
  const splits = new Map<number, Set<string>>();
  const add = (index: number, from: number) => {
    for (const split of splitsOf(from))
      splits.set(index, (splits.get(index) ?? new Set()).add(split));
  };
  for (const index of images.keys()) if (alike(index)[0] === index) add(index, index);
  for (const { first, second } of similar) {
    add(first, second);
    add(second, first);
  }
  return [...images.keys()].filter((index) => splits.get(alike(index)[0]!)!.size > 1).length;
}

function joinUnits(
  images: readonly AuditedImage[],
  pixels: ReadonlyMap<string, readonly number[]>,
  similar: readonly NearPair[],
  together: readonly string[],
): readonly string[] {
  const sets = new DisjointSets();
  for (const [index, { group, slices }] of images.entries()) {
    if (group !== undefined) sets.join(`image ${index}`, `group ${group}`);
    for (const name of together) {
      if (slices[name] !== undefined) sets.join(`image ${index}`, `${name}: ${slices[name]}`);
    }
  }
  for (const members of pixels.values())
    for (const member of members) sets.join(`image ${members[0]}`, `image ${member}`);
  for (const { first, second } of similar) sets.join(`image ${first}`, `image ${second}`);
  return images.map((_, index) => sets.first(`image ${index}`));
}

/** A group, or the value of a slice, with images in two splits, by its first image in each. */
export interface SplitGroup extends ImagePair {
  /** `group`, or the name of the slice, such as `person`. */
  readonly kind: string;
  readonly group: string;
}

/**
 * Pairs the first image of each group, and of each value of the slices, with its first image in
 * every further split.
 */
export function groupsAcrossSplits(
  images: readonly AuditedImage[],
  slices: readonly string[],
): readonly SplitGroup[] {
  const kinds = [
    { kind: 'group', nameOf: ({ group }: AuditedImage) => group },
    ...slices.map((kind) => ({ kind, nameOf: (image: AuditedImage) => image.slices[kind] })),
  ];
  return kinds.flatMap(({ kind, nameOf }) => {
    const groups = groupBy(images.keys(), (index) => nameOf(images[index]!));
    return [...groups].flatMap(([group, indices]) => {
      const firsts = [...groupBy(indices, (index) => images[index]!.split).values()].map(
        ([first]) => first!,
      );
      return group === undefined
        ? []
        : firsts.slice(1).map((second) => ({ kind, group, first: firsts[0]!, second }));
    });
  });
}

export function copyCounts(all: readonly Copy[]) {
  const countOf = (kind: CopyKind) => {
    const pairs = all.filter((pair) => pair.kind === kind);
    const count = (of: 'acrossSplits' | 'acrossClasses') => pairs.filter((pair) => pair[of]).length;
    return {
      pairs: pairs.length,
      acrossSplits: count('acrossSplits'),
      acrossClasses: count('acrossClasses'),
    };
  };
  return {
    file: countOf('file'),
    pixels: countOf('pixels'),
    similar: countOf('similar'),
    turned: countOf('turned'),
  };
}

/** A row for each pair, then for each group in two splits. */
export function formatDuplicates(
  pairs: readonly Copy[],
  groups: readonly SplitGroup[],
  images: readonly AuditedImage[],
  classes: readonly string[],
): string {
  const columns = ['split', 'class', 'key', 'path'];
  const named = (suffix: 'one' | 'other') => columns.map((column) => `${column}_${suffix}`);
  const describedAs = (suffix: 'one' | 'other', index: number) => {
    const { split, label, key, path } = images[index]!;
    const values = [split, classes[label]!, key, path];
    return named(suffix).map((name, i) => [name, values[i]] as const);
  };
  const described = ({ first, second }: ImagePair) =>
    Object.fromEntries([...describedAs('one', first), ...describedAs('other', second)]);
  const copies = pairs.map(({ kind, distance, correlation, orientation, ...pair }) => ({
    kind,
    distance,
    correlation: correlation?.toFixed(4),
    orientation,
    ...described(pair),
  }));
  const shared = groups.map(({ kind, group, ...pair }) => ({ kind, group, ...described(pair) }));
  return csvTable(
    [...copies, ...shared],
    ['kind', 'distance', 'correlation', 'orientation', 'group', ...named('one'), ...named('other')],
  );
}
