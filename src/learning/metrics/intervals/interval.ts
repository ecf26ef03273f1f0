/** A number measured on some images, with its confidence interval for all images of their kind. */
export interface Interval {
  readonly estimate: number;
  /** Both NaN where the images do not show the spread, such as one image of a class. */
  readonly low: number;
  readonly high: number;
  /**
   * DeLong's variance, of images or whole groups; a one-sided bound, where every draw would be
   * equal; or draws of images or whole groups.
   */
  readonly method: 'delong' | 'group-delong' | 'one-sided' | 'bootstrap' | 'group-bootstrap';
}

/** A statistic of two models on the same images, the first minus the second. */
export interface PairedDifference {
  readonly difference: number;
  /** Both NaN where the images do not show the spread. */
  readonly low: number;
  readonly high: number;
  /** Two-sided, for the hypothesis of no difference; NaN where it is undefined. */
  readonly p: number;
}

/** The interval as in a `metrics` file; null where it is undefined. */
export const intervalPair = ({
  low,
  high,
}: Pick<Interval, 'low' | 'high'>): readonly [number, number] | null =>
  Number.isNaN(low) || Number.isNaN(high) ? null : [low, high];
