/** What the shrinkage of a covariance matrix rests on. */
export interface SampleCovariance {
  readonly items: number;
  readonly columns: number;
  /** Sum of the squared entries of the matrix, and the mean of its diagonal. */
  readonly squares: number;
  readonly centre: number;
  /** Sum over items of their squared length, squared; items around their mean. */
  readonly fourth: number;
}

/**
 * How far to draw a covariance matrix towards `centre` times one, 0 to 1, so that it is as near as can be to the true one: its
 * own noise over its distance from there (Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance
 * matrices", lemma 3.3 to 3.5).
 *
 * Example: two items at 1 and -1 of one column have a matrix (1), which is its own centre: 0.
 */
export function ledoitWolf({ items, columns, squares, centre, fourth }: SampleCovariance): number {
  const noise = (fourth / items - squares) / (items * columns);
  const distance = squares / columns - centre * centre;
  return distance <= 0 ? 0 : Math.max(0, Math.min(1, noise / distance));
}
