import { mean } from '../mean.ts';
import { type RankedScores, rankScores } from '../ranking/threshold-counts.ts';
import { placementsOf } from './delong.ts';
import { unitsOf } from './draws.ts';

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

/** How an area under the ROC curve spreads over other test sets. */
export interface AreaSpread {
  readonly area: number;
  /**
   * NaN where a class has fewer than two units, images or groups; 0 where one score is that of all
   * images.
   */
  readonly variance: number;
  /** The degrees of freedom with which the variance is known, at least 1. */
  readonly freedom: number;
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
  { labels, groups }: GroupedLabels,
  scores: ArrayLike<number> | RankedScores,
): AreaSpread {
  const { negative, positive } = placementsOf(
    labels,
    'places' in scores ? scores : rankScores(scores),
  );
  const area = mean(positive);
  const { count, unitOf } = unitsOf(labels.length, groups);
  const partOf = (label: 0 | 1, placements: Float64Array) =>
    classPart(placements, area, { labels, label, unitOf, count });
  const negatives = partOf(0, negative);
  const positives = partOf(1, positive);
  // Groups of both classes: what raises the placements of one may raise those of the other.
  const products = negatives.sums.reduce(
    (sum, value, unit) => sum + value * positives.sums[unit]!,
    0,
  );
  const common = products === 0 ? 0 : (2 * count * products) / (count - 1);
  const variance = negatives.variance + positives.variance + common;
  const parts = [negatives, positives];
  const total = negatives.variance + positives.variance;
  const lost = parts.reduce((sum, part) => sum + part.variance ** 2 / (part.units - 1), 0);
  const ofImages = negatives.varianceOfImages + positives.varianceOfImages;
  const designEffect = Math.min(labels.length / count, Math.max(1, variance / ofImages));
  return {
    area,
    variance,
    freedom: Math.max(1, Math.floor(total ** 2 / lost)),
    effective: {
      negatives: negative.length / designEffect,
      positives: positive.length / designEffect,
    },
  };
}

interface ClassImages {
  readonly labels: ArrayLike<number>;
  readonly label: 0 | 1;
  /** The unit of each image of both classes. */
  readonly unitOf: Uint32Array;
  /** The number of units of both classes. */
  readonly count: number;
}

/** What the images of a class, with their placements, add to the variance of an area. */
function classPart(
  placements: Float64Array,
  area: number,
  { labels, label, unitOf, count }: ClassImages,
) {
  const images = placements.length;
  /** By how much each unit moves the area. */
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
  const units = isOfClass.reduce((sum, one) => sum + one, 0);
  return {
    sums,
    units,
    variance:
      units < 2
        ? Number.NaN
        : (sums.reduce((sum, move) => sum + move ** 2, 0) * units) / (units - 1),
    varianceOfImages: (squares * images) / (images - 1),
  };
}
