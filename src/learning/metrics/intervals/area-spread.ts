import { mean } from '../arithmetic/mean.ts';
import { type RankedScores, rankScores } from '../ranking/threshold-counts.ts';
import { unitsOf } from './bootstrap-draws.ts';
import { placementsOf } from './delong-placements.ts';

/** Images by class, 0 or 1, with the group of each that has one. */
export interface GroupedLabels {
  readonly labels: ArrayLike<number>;
  readonly groups?: readonly (string | undefined)[] | undefined;
}

/**
 * The number of independent images of each class that would vary as much as the images do. At most
 * these themselves, and about their groups at least.
 */
export type EffectiveImages = Readonly<Record<'negatives' | 'positives', number>>;

/** How well a variance is known. */
export interface KnownVariance {
  /**
   * NaN where a class has fewer than two units, images or groups; 0 where one score is that of all
   * images.
   */
  readonly variance: number;
  /** The degrees of freedom with which the variance is known, at least 1. */
  readonly freedom: number;
}

/** How an area under the ROC curve spreads over other test sets. */
export interface AreaSpread extends KnownVariance {
  readonly area: number;
  readonly effective: EffectiveImages;
}

/**
 * The variance of an area by DeLong's placements, summed over the images of a group, since these
 * vary together (Obuchowski 1997, "Nonparametric analysis of clustered ROC curve data"). A group
 * may have images of both classes. Without groups it is DeLong's. Each class has its part of the
 * variance, and their sum has Satterthwaite's degrees of freedom (Satterthwaite 1946, "An
 * approximate distribution of estimates of variance components").
 *
 * Example: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 give the area 0.75, the variance 0.125 and 2
 * degrees of freedom.
 *
 * @param scores One finite number for each image, higher for positive, or the same already ranked.
 */
export function areaSpread(
  images: GroupedLabels,
  scores: ArrayLike<number> | RankedScores,
): AreaSpread {
  const { area, moves } = areaMoves(images, scores);
  const [negatives, positives] = moves;
  const known = varianceOfMoves(moves);
  const ofImages = moves.reduce((sum, part) => sum + part.varianceOfImages, 0);
  const perUnit = images.labels.length / negatives.sums.length;
  const designEffect = Math.min(perUnit, Math.max(1, known.variance / ofImages));
  const effective = {
    negatives: negatives.images / designEffect,
    positives: positives.images / designEffect,
  };
  return { area, ...known, effective };
}

/** By how much the images of a class move an area. */
interface ClassMoves {
  /** For each unit of both classes, in the order of their first images. */
  readonly sums: Float64Array;
  /** The number of units of this class. */
  readonly units: number;
  readonly images: number;
  /** What the class would add to the variance if its images were independent. */
  readonly varianceOfImages: number;
}

type Moves = readonly [negatives: ClassMoves, positives: ClassMoves];

/** An area, and by how much each unit moves it. */
export function areaMoves(
  { labels, groups }: GroupedLabels,
  scores: ArrayLike<number> | RankedScores,
): { readonly area: number; readonly moves: Moves } {
  const ranking = 'positions' in scores ? scores : rankScores(scores);
  const { negative, positive } = placementsOf(labels, ranking);
  const area = mean(positive);
  const { count, unitOf } = unitsOf(labels.length, groups);
  const movesOf = (label: 0 | 1, placements: Float64Array): ClassMoves => {
    const images = placements.length;
    const sums = new Float64Array(count);
    const isOfClass = new Uint8Array(count);
    let squares = 0;
    let at = 0;
    for (let i = 0; i < labels.length; i++) {
      if ((labels[i] === 1 ? 1 : 0) !== label) continue;
      const move = (placements[at++]! - area) / images;
      sums[unitOf[i]!]! += move;
      isOfClass[unitOf[i]!] = 1;
      squares += move ** 2;
    }
    const units = isOfClass.reduce((sum, flag) => sum + flag, 0);
    return { sums, units, images, varianceOfImages: (squares * images) / (images - 1) };
  };
  return { area, moves: [movesOf(0, negative), movesOf(1, positive)] };
}

/** The variance of an area that units move by so much, or of a difference of areas. */
export function varianceOfMoves(moves: Moves): KnownVariance {
  const [negatives, positives] = moves;
  const parts = moves.map(({ sums, units }) => scaled(dot(sums, sums), units));
  const total = parts[0]! + parts[1]!;
  const lost = parts.reduce((sum, part, label) => sum + part ** 2 / (moves[label]!.units - 1), 0);
  // Groups of both classes: what raises the placements of one may raise those of the other.
  const both = dot(negatives.sums, positives.sums);
  const common = both === 0 ? 0 : 2 * scaled(both, negatives.sums.length);
  return {
    variance: total + common,
    freedom: Math.max(1, Math.floor(total ** 2 / lost)),
  };
}

/** By how much each unit moves the difference of two areas on the same images. */
export const movesOfDifference = (first: Moves, second: Moves): Moves => [
  { ...first[0], sums: first[0].sums.map((move, unit) => move - second[0].sums[unit]!) },
  { ...first[1], sums: first[1].sums.map((move, unit) => move - second[1].sums[unit]!) },
];

/** A sum of squares or products over units, as for an unbiased variance. */
const scaled = (sum: number, units: number): number =>
  units < 2 ? Number.NaN : (sum * units) / (units - 1);

function dot(first: Float64Array, second: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < first.length; i++) sum += first[i]! * second[i]!;
  return sum;
}
