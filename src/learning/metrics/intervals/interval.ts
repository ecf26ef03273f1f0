/** A number measured on some images, with its confidence interval for all images of their kind. */
export interface Interval {
  /** The number on these images. */
  readonly estimate: number;
  /** Both NaN where the images say nothing of the spread, such as one image of a class. */
  readonly low: number;
  readonly high: number;
  readonly method: IntervalMethod;
}

/**
 * The method of an interval: DeLong's variance; a one-sided bound, where every draw would be equal; the percentiles of bootstrap draws of
 * images, or of whole groups of images.
 */
export type IntervalMethod = 'delong' | 'one-sided' | 'bootstrap' | 'group-bootstrap';

/** The interval as in a `metrics` file; null where it is undefined. */
export function intervalPair({ low, high }: Pick<Interval, 'low' | 'high'>): readonly [number, number] | null {
  return Number.isNaN(low) || Number.isNaN(high) ? null : [low, high];
}
