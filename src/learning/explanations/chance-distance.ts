import { groupBy } from '../../group-by.ts';
import { permutation, Random } from '../../random.ts';
import { mapDistance } from '../attribution/map-measures.ts';
import { mean } from '../metrics/arithmetic/mean.ts';

interface LabelledMaps {
  /** How many labels there are. */
  readonly classes: number;
  readonly labels: ArrayLike<number>;
  /**
   * Images of a group are not independent: a group of one class is relabelled as a whole, one of
   * both within itself.
   */
  readonly groups?: readonly (string | undefined)[] | undefined;
  /** `[images, cells]`. */
  readonly coarse: Float32Array;
  readonly cells: number;
}

const shuffles = 1000;

/**
 * The distance of class means that chance alone gives, the mean for shuffled labels, since means of
 * few images always differ; and the one-sided p-value of the hypothesis that the classes' maps are
 * alike, (1 + shuffles as far apart) / (1 + shuffles): a permutation test (Good 2005, "Permutation,
 * parametric and bootstrap tests of hypotheses", chapter 3). NaN if a class has no images.
 */
export function chanceDistance(maps: LabelledMaps, seed: number) {
  const observed = meanDistance(weightedSums(maps, maps.labels));
  const random = new Random('shuffle', seed);
  const units = unitsOf(maps);
  let sum = 0;
  let defined = 0;
  let asFar = 0;
  for (let shuffle = 0; shuffle < shuffles; shuffle++) {
    const distance = meanDistance(weightedSums(maps, shuffled(maps.labels, units, random)));
    if (Number.isNaN(distance)) continue;
    sum += distance;
    defined++;
    if (distance >= observed) asFar++;
  }
  return {
    byChance: sum / defined,
    p: Number.isNaN(observed) ? Number.NaN : (1 + asFar) / (1 + defined),
  };
}

/** The mean distance over the pairs of labels that both have images. */
export const meanDistance = (sums: readonly Float32Array[]): number =>
  mean(distancesOf(sums).flatMap(({ distance }) => (Number.isNaN(distance) ? [] : [distance])));

/** The distance between the mean maps of every two labels; NaN where one has no images. */
export const distancesOf = (sums: readonly Float32Array[]) =>
  sums.flatMap((first, a) =>
    sums.slice(a + 1).map((second, i) => ({
      labels: [a, a + 1 + i] as const,
      distance: mapDistance(first, second),
    })),
  );

/**
 * By label, the weighted sum of its images' maps; it stands for the mean where the unit does not
 * matter.
 */
export function weightedSums(
  { coarse, cells, classes }: Omit<LabelledMaps, 'labels' | 'groups'>,
  labels: ArrayLike<number>,
  weights?: Uint8Array,
): readonly Float32Array[] {
  const sums = Array.from({ length: classes }, () => new Float32Array(cells));
  for (let image = 0; image < labels.length; image++) {
    const weight = weights?.[image] ?? 1;
    if (weight === 0) continue;
    const sum = sums[labels[image]!]!;
    const start = image * cells;
    for (let cell = 0; cell < cells; cell++) sum[cell]! += weight * coarse[start + cell]!;
  }
  return sums;
}

/**
 * The units of relabelling, as indices of images: pure ones, single images and groups of one class,
 * and mixed groups.
 */
function unitsOf({ labels, groups }: LabelledMaps) {
  const images = Array.from({ length: labels.length }, (_, image) => image);
  const all = [...groupBy(images, (image) => groups?.[image] ?? image).values()];
  const isPure = (unit: readonly number[]) =>
    unit.every((image) => labels[image] === labels[unit[0]!]);
  return { pure: all.filter(isPure), mixed: all.filter((unit) => !isPure(unit)) };
}

function shuffled(
  labels: ArrayLike<number>,
  { pure, mixed }: ReturnType<typeof unitsOf>,
  random: Random,
): Uint16Array {
  const result = new Uint16Array(labels.length);
  const order = permutation(pure.length, random);
  for (const [i, images] of pure.entries()) {
    for (const image of images) result[image] = labels[pure[order[i]!]![0]!]!;
  }
  for (const images of mixed) {
    const order = permutation(images.length, random);
    for (const [i, image] of images.entries()) result[image] = labels[images[order[i]!]!]!;
  }
  return result;
}
