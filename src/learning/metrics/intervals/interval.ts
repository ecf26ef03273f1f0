/** A number measured on some images, and where it may lie on all images of their kind, with a given confidence. */
export interface Interval {
  /** The number itself, on all of the images. */
  readonly estimate: number;
  /** Both NaN where the images say nothing of the spread, such as one image of a class. */
  readonly low: number;
  readonly high: number;
  readonly method: IntervalMethod;
}

/**
 * How an interval was found: by DeLong's variance; as a one-sided bound, where every draw would be the same; by the
 * percentiles of draws of images per class, or of draws of whole groups of images.
 */
export type IntervalMethod = 'delong' | 'one-sided' | 'bootstrap' | 'group-bootstrap';

/** The interval as a `metrics` file holds it; null where it is undefined. */
export function intervalPair({ low, high }: Pick<Interval, 'low' | 'high'>): readonly [number, number] | null {
  return Number.isNaN(low) || Number.isNaN(high) ? null : [low, high];
}
