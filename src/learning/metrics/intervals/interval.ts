/** The ends of an interval; both NaN where the images do not show the spread. */
export interface IntervalEnds {
  readonly low: number;
  readonly high: number;
}

/** A number with its interval. */
export interface Estimate extends IntervalEnds {
  readonly estimate: number;
}

/** How intervals are drawn: at which level, from how many resamples, and from which seed. */
export interface IntervalOptions {
  readonly confidence: number;
  readonly draws: number;
  readonly seed: number;
}

/** A number measured on some images, with its confidence interval for all images of their kind. */
export interface Interval extends Estimate {
  /**
   * DeLong's variance, of images or whole groups; a one-sided bound, where every draw would be
   * equal; or draws of images or whole groups.
   */
  readonly method: 'delong' | 'group-delong' | 'one-sided' | 'bootstrap' | 'group-bootstrap';
}

/** A statistic of two models on the same images, the first minus the second. */
export interface PairedDifference extends IntervalEnds {
  readonly difference: number;
  /** Two-sided, for the hypothesis of no difference; NaN where it is undefined. */
  readonly p: number;
}

/** The interval as in a `metrics` file; null where it is undefined. */
export const intervalPair = ({ low, high }: IntervalEnds): readonly [number, number] | null =>
  Number.isNaN(low) || Number.isNaN(high) ? null : [low, high];
