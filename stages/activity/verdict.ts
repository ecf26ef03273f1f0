import { crossEntropy } from '../../src/learning/metrics/calibration/losses.ts';
import { constantLoss } from '../../src/learning/training/collapse.ts';
import type { UnitActivity } from './watch-layers.ts';

/** The answers of a network to the images of a split. */
export interface Answers {
  /** `[images, classes]`. */
  readonly logits: readonly number[];
  readonly labels: readonly number[];
  readonly classes: number;
}

/** What became of a training. */
export interface Judgement {
  /**
   * Whether it has one answer for all images, at the loss of the best constant answer: ln 2 for two
   * classes of as many images.
   */
  readonly isStuck: boolean;
  /** Whether a layer's ReLUs are 0 on all images, so that no gradient passes it. */
  readonly isDead: boolean;
  /** The furthest apart that the evidence for a class is between two images, in nats. */
  readonly spread: number;
  readonly loss: number;
  readonly constantLoss: number;
  readonly deadLayers: number;
}

/** A spread below this is one answer: probabilities differ by less than 0.0025. */
export const leastSpread = 0.01;
/** The loss of a stuck network lies as near that of the best constant answer. */
export const mostLossApart = 0.01;

export function judge(
  { logits, labels, classes }: Answers,
  units: readonly UnitActivity[],
): Judgement {
  const counts = Array.from({ length: classes }, () => 0);
  for (const label of labels) counts[label]!++;
  const loss = crossEntropy(labels, Float64Array.from(logits), { classes });
  const constant = constantLoss(counts);
  const spread = spreadOf(logits, classes);
  const deadLayers = units.filter(({ greatest }) => greatest.every((value) => value === 0)).length;
  return {
    isStuck: spread < leastSpread && Math.abs(loss - constant) < mostLossApart,
    isDead: deadLayers > 0,
    spread,
    loss,
    constantLoss: constant,
    deadLayers,
  };
}

/** The greatest range, over the classes, of a class's logit minus the mean of all. */
function spreadOf(logits: readonly number[], classes: number): number {
  const least = Array.from({ length: classes }, () => Number.POSITIVE_INFINITY);
  const most = Array.from({ length: classes }, () => Number.NEGATIVE_INFINITY);
  for (let from = 0; from < logits.length; from += classes) {
    const row = logits.slice(from, from + classes);
    const mean = row.reduce((sum, value) => sum + value, 0) / classes;
    for (const [c, value] of row.entries()) {
      least[c] = Math.min(least[c]!, value - mean);
      most[c] = Math.max(most[c]!, value - mean);
    }
  }
  return Math.max(...most.map((value, c) => value - least[c]!));
}
