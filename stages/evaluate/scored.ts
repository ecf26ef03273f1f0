import { logitDifferences, predictedClasses } from '../../src/learning/metrics/logits.ts';
import { fakeProbabilitiesOf, logitsOf, type ScoreScale } from '../../src/learning/metrics/score-scale.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';

/** Images with what their scores decide, in the forms that metrics take, each `[images]`. */
export interface Ranked {
  readonly labels: Uint8Array;
  /** Fake less real, what images are ranked by. */
  readonly differences: Float64Array;
  /** The class of the higher score. */
  readonly predictions: Uint8Array;
  readonly groups: readonly (string | undefined)[];
}

/** And with what their scores say of their own certainty. */
export interface Scored extends Ranked {
  /** `[images, 2]`; of scores that are probabilities, their logarithms. */
  readonly logits: Float64Array;
  /** Of fake. */
  readonly probabilities: Float64Array;
}

export function rankedOf(rows: readonly ScoreRow[]): Ranked {
  const scores = Float64Array.from(rows.flatMap(({ real, fake }) => [real, fake]));
  return {
    labels: Uint8Array.from(rows, ({ label }) => label),
    differences: logitDifferences(scores),
    predictions: predictedClasses(scores),
    groups: rows.map(({ group }) => group),
  };
}

export function scoredOf(rows: readonly ScoreRow[], scale: ScoreScale): Scored {
  return { ...rankedOf(rows), logits: logitsOf(rows, scale), probabilities: fakeProbabilitiesOf(rows, scale) };
}
