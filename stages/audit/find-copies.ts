import { DisjointSets } from '../../src/learning/disjoint-sets.ts';
import { NearDuplicates, type NearPair } from '../../src/learning/vision/forensics/near-duplicates.ts';
import type { AuditedImage } from './audited-image.ts';

/** How alike two images are: the same file; the same pixels in another file; or alike to the eye. */
export const copyKinds = ['file', 'pixels', 'similar'] as const;
export type CopyKind = (typeof copyKinds)[number];

/** Two images of which one copies the other; by their places, the lower first. */
export interface Copy {
  readonly kind: CopyKind;
  readonly one: number;
  readonly other: number;
  /** Of similar ones: bits in which their hashes differ, and the correlation of their grey values. */
  readonly distance?: number;
  readonly correlation?: number;
  readonly acrossSplits: boolean;
  readonly acrossClasses: boolean;
}

export interface Copies {
  /**
   * Of files and of pixels, every later one with the first; of similar ones, every pair, one image standing for all that are
   * the same. Those across splits first, then the more alike.
   */
  readonly pairs: readonly Copy[];
  /** Of each image, whether another split has a copy of it. */
  readonly leaks: readonly boolean[];
  /** Of each image, the name of what belongs together: its group, its copies, and theirs. */
  readonly units: readonly string[];
  /** Whether there were so many similar pairs that the search was ended. */
  readonly isCut: boolean;
}

/** More similar pairs are data that has no other pictures: a camera that stands still. */
const mostPairs = 1_000_000;

/** Finds copies among all images, of any split and class. */
export function findCopies(images: readonly AuditedImage[]): Copies {
  const files = clustersBy(images, ({ print }) => print.fileDigest);
  const pixels = clustersBy(images, ({ print }) => print.pixelsDigest);
  const { pairs: similar, isCut } = similarPairs(images, pixels);
  const pair = (kind: CopyKind, one: number, other: number): Copy => ({
    ...{ kind, one, other },
    acrossSplits: images[one]!.split !== images[other]!.split,
    acrossClasses: images[one]!.label !== images[other]!.label,
  });
  const sameFile = [...files.values()].flatMap(([first, ...later]) => later.map((one) => pair('file', first!, one)));
  const samePixels = [...pixels.values()].flatMap((members) => {
    const [first, ...later] = members.filter((one) => files.get(images[one]!.print.fileDigest)![0] === one);
    return later.map((one) => pair('pixels', first!, one));
  });
  const alike = similar.map(({ one, other, distance, correlation }) => {
    const [a, b] = farthest(images, membersOf(images, pixels, one), membersOf(images, pixels, other));
    return { ...pair('similar', Math.min(a, b), Math.max(a, b)), distance, correlation };
  });
  const pairs = [...sameFile, ...samePixels, ...alike].sort(
    (a, b) =>
      Number(b.acrossSplits) - Number(a.acrossSplits) ||
      copyKinds.indexOf(a.kind) - copyKinds.indexOf(b.kind) ||
      (a.distance ?? 0) - (b.distance ?? 0) ||
      (b.correlation ?? 1) - (a.correlation ?? 1) ||
      a.one - b.one ||
      a.other - b.other,
  );
  return { pairs, leaks: findLeaks(images, pixels, similar), units: joinUnits(images, pixels, similar), isCut };
}

type Clusters = ReadonlyMap<string, readonly number[]>;

function clustersBy(images: readonly AuditedImage[], key: (image: AuditedImage) => string): Clusters {
  const clusters = new Map<string, number[]>();
  for (const [place, image] of images.entries()) {
    const members = clusters.get(key(image));
    if (members === undefined) clusters.set(key(image), [place]);
    else members.push(place);
  }
  return clusters;
}

const membersOf = (images: readonly AuditedImage[], pixels: Clusters, place: number): readonly number[] =>
  pixels.get(images[place]!.print.pixelsDigest)!;

/** Among the first of each cluster of the same pixels. */
function similarPairs(images: readonly AuditedImage[], pixels: Clusters) {
  const near = new NearDuplicates();
  for (const [place] of pixels.values()) near.add(place!, images[place!]!.print.grey);
  const pairs: NearPair[] = [];
  for (const pair of near.pairs()) {
    if (pairs.length === mostPairs) return { pairs, isCut: true };
    pairs.push(pair);
  }
  return { pairs, isCut: false };
}

/** One of each: in two splits where there are such, else the first of each. */
function farthest(
  images: readonly AuditedImage[],
  ones: readonly number[],
  others: readonly number[],
): [number, number] {
  for (const one of ones) {
    const other = others.find((place) => images[place]!.split !== images[one]!.split);
    if (other !== undefined) return [one, other];
  }
  return [ones[0]!, others[0]!];
}

function findLeaks(
  images: readonly AuditedImage[],
  pixels: Clusters,
  similar: readonly NearPair[],
): readonly boolean[] {
  const splitsOf = (place: number) => membersOf(images, pixels, place).map((member) => images[member]!.split);
  const splits = new Map(Array.from(pixels.values(), ([first]) => [first!, new Set(splitsOf(first!))]));
  for (const { one, other } of similar) {
    for (const split of splitsOf(other)) splits.get(one)!.add(split);
    for (const split of splitsOf(one)) splits.get(other)!.add(split);
  }
  return images.map((_, place) => {
    const met = splits.get(membersOf(images, pixels, place)[0]!)!;
    return met.size > 1;
  });
}

function joinUnits(images: readonly AuditedImage[], pixels: Clusters, similar: readonly NearPair[]): readonly string[] {
  const sets = new DisjointSets();
  for (const [place, { group }] of images.entries())
    if (group !== undefined) sets.join(`image ${place}`, `group ${group}`);
  for (const members of pixels.values())
    for (const member of members) sets.join(`image ${members[0]}`, `image ${member}`);
  for (const { one, other } of similar) sets.join(`image ${one}`, `image ${other}`);
  return images.map((_, place) => sets.first(`image ${place}`));
}
