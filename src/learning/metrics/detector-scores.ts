import {
  logitDifferences,
  logitsOf,
  positiveProbabilities,
  positiveProbabilitiesOf,
  type ScoreScale,
} from './arithmetic/logits.ts';
import { type RankedScores, rankScores } from './ranking/threshold-counts.ts';
import type { BinaryRow } from './scores/binary-view.ts';
import type { Forecasts } from './scores/forecasts.ts';

/**
 * Images (or groups) with their scores by a detector in the forms that metrics take. Of its two
 * classes the second is positive, and judged.
 */
export interface DetectorScores extends Forecasts {
  readonly labels: Uint8Array;
  readonly groups: readonly (string | undefined)[];
  /** The positive score minus the negative one, which images are ranked by. */
  readonly differences: Float64Array;
  readonly ranking: RankedScores;
}

/** The scores of a detector's view in the forms that metrics take. */
export function scoredOf(rows: readonly BinaryRow[], scale: ScoreScale): DetectorScores {
  const scores = logitsOf(rows, 'logits');
  const differences = logitDifferences(scores);
  return {
    labels: Uint8Array.from(rows, ({ label }) => label),
    groups: rows.map(({ group }) => group),
    differences,
    ranking: rankScores(differences),
    logits: logitsOf(rows, scale),
    probabilities: pairsOf(positiveProbabilitiesOf(rows, scale)),
    classes: 2,
    judged: [1],
  };
}

/**
 * The scores with logits divided by a temperature, which leaves predictions and ranking as they
 * are.
 */
export function temperedDetector(scored: DetectorScores, temperature: number): DetectorScores {
  const differences = logitDifferences(scored.logits);
  return {
    ...scored,
    logits: scored.logits.map((logit) => logit / temperature),
    probabilities: pairsOf(positiveProbabilities(differences, temperature)),
  };
}

/** The probabilities of both classes, `[images, 2]`, from those of the positive one. */
function pairsOf(positive: Float64Array): Float64Array {
  const pairs = new Float64Array(2 * positive.length);
  for (let i = 0; i < positive.length; i++) {
    pairs[2 * i] = 1 - positive[i]!;
    pairs[2 * i + 1] = positive[i]!;
  }
  return pairs;
}
