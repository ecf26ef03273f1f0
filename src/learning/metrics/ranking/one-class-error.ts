/** That a measure which compares two classes was asked of items of one. */
export class OneClassError extends RangeError {
  override readonly name = 'OneClassError';

  constructor(measure: string, labels: ArrayLike<number>) {
    const classes = [...new Set(Array.from(labels))].join(' and ');
    super(`Expected items of both classes for ${measure}, got ${classes === '' ? 'none' : `only label ${classes}`}`);
  }
}
