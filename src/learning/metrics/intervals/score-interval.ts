import { studentT } from './student-t.ts';

/** How the variance of a number from 0 to 1 depends on its value, by a model. */
export interface VarianceModel {
  /** 0 at values of 0 and 1, and above it between them. */
  readonly at: (value: number) => number;
  /** The number of independent images of the rarer class. */
  readonly rarer: number;
}

/** The model of a share of one class, by its number of independent images. */
export const shareModel = (images: number): VarianceModel => ({
  at: (share) => (share * (1 - share)) / images,
  rarer: images,
});

/** A number of which images were measured, and how well they show its variance. */
export interface Measured {
  /** Above 0 and below 1. */
  readonly estimate: number;
  readonly variance: number;
  /** The degrees of freedom with which the variance is known, at least 1. */
  readonly freedom: number;
}

/**
 * The model has the weight of this many wrong images: fewer say less about the variance than it
 * does.
 */
const modelWeight = 4;

/**
 * The score interval of a number from 0 to 1, as Wilson's is of a share: the values from which the
 * measured one is at most t of their own standard errors away (Wilson 1927; for areas Newcombe
 * 2006, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part
 * 2", method 5). So it stays within 0 to 1, and is long on the side of the middle.
 *
 * The variance of other values is the model's, scaled to that of the measured value. Where hardly
 * an image is wrong, the images show too little of this variance, and the model counts as well. It
 * has the weight of {@link modelWeight} images, the images have the weight of the wrong ones of the
 * rarer class, about `min(estimate, 1 - estimate)` of them. So the model decides where next to none
 * is wrong, and the images where many are. It never makes the variance smaller.
 *
 * @param level The confidence, above 0 and below 1.
 */
export function scoreEnds(
  { estimate, variance, freedom }: Measured,
  model: VarianceModel,
  level: number,
): readonly [low: number, high: number] {
  const modelled = model.at(estimate);
  const wrong = model.rarer * Math.min(estimate, 1 - estimate);
  const mixed = (wrong * variance + modelWeight * modelled) / (wrong + modelWeight);
  const reach = (studentT(level, freedom) ** 2 * Math.max(variance, mixed)) / modelled;
  const isNear = (value: number) => (estimate - value) ** 2 <= reach * model.at(value);
  return [lastNear(estimate, 0, isNear), lastNear(estimate, 1, isNear)];
}

/** Where nearness ends between a value that is near and an end that is not, to the last digit. */
function lastNear(near: number, end: number, isNear: (value: number) => boolean): number {
  let inside = near;
  let outside = end;
  for (;;) {
    const middle = (inside + outside) / 2;
    if (middle === inside || middle === outside) return inside;
    if (isNear(middle)) inside = middle;
    else outside = middle;
  }
}
