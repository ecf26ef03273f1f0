import { fakeProbabilities, logitDifferences, predictedClasses } from '../../src/metrics/logits.ts';
import type { ScoreRow } from '../../src/metrics/scores-file.ts';

/** Images with their scores, in the forms that metrics take: all `[images]` but `logits`, `[images, 2]`. */
export interface Scored {
  readonly labels: Uint8Array;
  readonly logits: Float64Array;
  /** Fake less real, what images are ranked by. */
  readonly differences: Float64Array;
  /** The class of the higher score. */
  readonly predictions: Uint8Array;
  /** Of fake, by the softmax. */
  readonly probabilities: Float64Array;
  readonly groups: readonly (string | undefined)[];
}

export function scoredOf(rows: readonly ScoreRow[]): Scored {
  const logits = Float64Array.from(rows.flatMap(({ real, fake }) => [real, fake]));
  const differences = logitDifferences(logits);
  return {
    labels: Uint8Array.from(rows, ({ label }) => label),
    logits,
    differences,
    predictions: predictedClasses(logits),
    probabilities: fakeProbabilities(differences),
    groups: rows.map(({ group }) => group),
  };
}
