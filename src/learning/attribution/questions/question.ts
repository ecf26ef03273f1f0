/**
 * Which score of a class is explained: its own score before the softmax, or its margin over the
 * other classes, whose scores together are the logarithm of the sum of their exponentials: the
 * logit of the class's probability.
 */
export const scoreKinds = ['score', 'margin'] as const;
export type ScoreKind = (typeof scoreKinds)[number];

/** The scores of a batch that are explained. */
export interface AskedScores {
  /** The class whose score is explained for each image, by its index: `[batch]`. */
  readonly classes: Int32Array;
  readonly score: ScoreKind;
}

/** A batch of images, and the class score that is explained for each. */
export interface Question extends AskedScores {
  /** Normalised pixels, as the network sees them: `[batch, height, width, 3]`. */
  readonly images: Float32Array;
  /**
   * One seed for each image, for methods that draw: the same seed gives the same map, whatever the
   * batch.
   */
  readonly seeds: readonly number[];
}

/** The question about one image of a batch. */
export function questionOf({ images, classes, score, seeds }: Question, image: number): Question {
  const size = images.length / classes.length;
  return {
    images: images.subarray(image * size, (image + 1) * size),
    classes: classes.subarray(image, image + 1),
    score,
    seeds: [seeds[image]!],
  };
}
