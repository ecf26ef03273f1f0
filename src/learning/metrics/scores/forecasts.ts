/** The probabilities that a model gives to the classes of labelled images. */
export interface Forecasts {
  readonly classes: number;
  /** `[images]`, each below `classes`. */
  readonly labels: ArrayLike<number>;
  /** `[images, classes]`; of scores that are probabilities, their logarithms. */
  readonly logits: Float64Array;
  /** `[images, classes]`, 0 to 1. */
  readonly probabilities: Float64Array;
  /**
   * The classes that Brier score, calibration and correlation judge, each against all others: all
   * classes, or of a detector's two the positive one alone, since the negative one says the same.
   */
  readonly judged: readonly number[];
}
