/** What of a network's output is explained: a class's own score before the softmax, or that score less the other class's. */
export const scoreKinds = ['score', 'margin'] as const;
export type ScoreKind = (typeof scoreKinds)[number];

/** Images, and what is asked about each: why it has the score of a class. */
export interface Question {
  /** As the network sees them, normalised: `[batch, height, width, 3]`. */
  readonly images: Float32Array;
  /** The class that each image is asked about, 0 or 1: `[batch]`. */
  readonly classes: Int32Array;
  readonly score: ScoreKind;
  /** Of each image, for methods that draw: the same seed gives the same map, whatever batch it is in. */
  readonly seeds: readonly number[];
}
