import { formatList } from '../../src/format-numbers.ts';
import type { Landmarks } from '../../src/learning/faces/crops/read-landmarks.ts';
import { fitSimilarity, transform } from '../../src/learning/faces/crops/similarity.ts';
import type { Point } from '../../src/learning/faces/geometry.ts';
import { type Sample, wholeSplit } from '../../src/learning/vision/dataset/dataset.ts';
import type { Dataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import type { ForgeSettings, Method } from './spec.ts';

/** A photograph with a face, in its data set. */
export interface Photograph {
  readonly split: string;
  readonly sample: Sample;
  /** In pixels of the photograph. */
  readonly landmarks: readonly Point[];
  /** The encoded file. */
  read(): Promise<Buffer>;
}

/** A forgery that is to be made. */
export interface PlannedForgery {
  /** Its method, and from the second of a method on its number: `swap`, `swap-2`. */
  readonly name: string;
  readonly method: Method;
  readonly seed: number;
  readonly donor?: Photograph | undefined;
}

/** A photograph with the forgeries that are to be made of it. */
export interface Plan {
  readonly photograph: Photograph;
  readonly forgeries: readonly PlannedForgery[];
}

/** The photographs of a class in some splits, and those of them without landmarks. */
export function findPhotographs(
  dataset: Dataset,
  landmarks: Landmarks,
  { splits, class: wanted }: ForgeSettings,
): { readonly photographs: readonly Photograph[]; readonly without: readonly Sample[] } {
  const photographs: Photograph[] = [];
  const without: Sample[] = [];
  for (const name of splits) {
    const split = dataset.split(name);
    for (const [index, sample] of split.samples.entries()) {
      if (sample.class !== wanted) continue;
      const points = landmarks.of(name, sample);
      if (points === undefined) without.push(sample);
      else {
        const read = () => split.read(index);
        photographs.push({ split: name, sample, landmarks: points, read });
      }
    }
  }
  return { photographs, without };
}

/**
 * Decides the forgeries of each photograph. A photograph and the settings alone decide methods and
 * seeds, so that one more photograph changes nothing of the others, but for the few whose best
 * donor it is. The frames of a video have the same methods. Throws a {@link StageError} where
 * nobody can be a donor.
 */
export function planForgeries(
  photographs: readonly Photograph[],
  settings: ForgeSettings,
): readonly Plan[] {
  const { methods, forgeries, seed } = settings;
  const rings = methods.includes('swap') ? openRings(photographs, seed) : undefined;
  return photographs.map((photograph) => {
    const { key, video } = photograph.sample;
    const first = new Random('forge method', seed, video ?? key).integer(methods.length);
    const planned = Array.from({ length: forgeries }, (_, number): PlannedForgery => {
      const method = methods[(first + number) % methods.length]!;
      const round = Math.floor(number / methods.length);
      return {
        name: round === 0 ? method : `${method}-${round + 1}`,
        method,
        seed: new Random('forgery', seed, key, number).uint32(),
        donor: method === 'swap' ? rings!.donorOf(photograph, round) : undefined,
      };
    });
    return { photograph, forgeries: planned };
  });
}

/** Among so many photographs of others the one whose landmarks fit best is the donor. */
const mostCandidates = 10;

/**
 * The photographs of each split in a random order, as a ring. Candidates for the donor of one are
 * those that follow it. The place in the ring depends on a photograph alone.
 */
function openRings(photographs: readonly Photograph[], seed: number) {
  const placed = photographs.map((photograph) => {
    const { key } = photograph.sample;
    return { photograph, key, order: new Random('donors', seed, key).float() };
  });
  const ordered = placed.toSorted((a, b) => a.order - b.order || (a.key < b.key ? -1 : 1));
  const rings = new Map<string, Photograph[]>();
  const positions = new Map<Photograph, number>();
  for (const { photograph } of ordered) {
    const ring = rings.get(photograph.split) ?? [];
    rings.set(photograph.split, ring);
    positions.set(photograph, ring.push(photograph) - 1);
  }
  return {
    /** The donor of a photograph: the best one, or in further rounds the next best. */
    donorOf(photograph: Photograph, round: number): Photograph {
      const ring = rings.get(photograph.split)!;
      const candidates: Photograph[] = [];
      for (let step = 1; step < ring.length && candidates.length < mostCandidates; step++) {
        const next = ring[(positions.get(photograph)! + step) % ring.length]!;
        if (isOfAnother(next.sample, photograph.sample)) candidates.push(next);
      }
      if (candidates.length === 0) throw noDonor(photograph);
      const misfits = new Map(candidates.map((next) => [next, misfit(photograph, next)]));
      const sorted = candidates.toSorted((a, b) => misfits.get(a)! - misfits.get(b)!);
      return sorted[round % sorted.length]!;
    },
  };
}

/** Whether two photographs show different people, as far as groups and persons tell. */
function isOfAnother(first: Sample, second: Sample): boolean {
  const person = first.slices?.['person'];
  const isSamePerson = person !== undefined && person === second.slices?.['person'];
  return !isSamePerson && groupOf(first) !== groupOf(second);
}

/** The group of a photograph and its forgeries. */
export const groupOf = ({ group, video, key }: Sample): string => group ?? video ?? key;

/** What a photograph has in common with its forgeries alone. */
export const pairOf = ({ pair, key }: Sample): string => pair ?? key;

/** The mean distance between the landmarks of a face and those of a donor that is laid over it. */
function misfit({ landmarks }: Photograph, donor: Photograph): number {
  const similarity = fitSimilarity(donor.landmarks, landmarks);
  const distances = donor.landmarks.map((point, i) => {
    const { x, y } = transform(similarity, point);
    return Math.hypot(x - landmarks[i]!.x, y - landmarks[i]!.y);
  });
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}

const noDonor = ({ split, sample }: Photograph): StageError =>
  new StageError(
    `Expected photographs of two people or more in ${split} for swaps, but all are in the group ${groupOf(sample)} or show the same person.`,
  );

/** Throws a {@link StageError} for swaps in images whose splits are not drawn yet. */
export function requireSplits({ methods, splits }: ForgeSettings): void {
  if (!methods.includes('swap') || !splits.includes(wholeSplit)) return;
  throw new StageError(
    `Expected drawn splits for swaps, got ${formatList(splits)}: a donor must be of the split of its forgery. Draw splits by load-dataset first.`,
  );
}
