import { competitionScore } from '../../src/learning/metrics/competition-score.ts';
import type { Interval, PairedDifference } from '../../src/learning/metrics/intervals/interval.ts';

export interface Candidate {
  readonly name: string;
  /** All learnable ones, frozen ones too. */
  readonly parameters: number;
  readonly auc: Interval;
}

export interface Ranked extends Candidate {
  /** From 1; those of one score share it. */
  readonly rank: number;
  readonly score: Pick<Interval, 'estimate' | 'low' | 'high'>;
  /** Whether none has a higher AUC with as few parameters, or as high an AUC with fewer. */
  readonly onFront: boolean;
}

/** By how much the winner's score is above the second's, on the same images. */
export interface Lead extends PairedDifference {
  readonly over: string;
}

/**
 * The candidates by their score, best first; of one score, those of higher AUC, then the order in which they came.
 *
 * Example: AUCs 0.9 and 0.95 with 1,000 and 10 parameters: the second has rank 1, and alone is on the front.
 */
export function rank(candidates: readonly Candidate[]): readonly Ranked[] {
  const scored = candidates.map((candidate) => {
    const { auc, parameters } = candidate;
    const of = (area: number) => competitionScore(area, parameters);
    // It grows with the AUC, so the ends go with it.
    const score = { estimate: of(auc.estimate), low: of(auc.low), high: of(auc.high) };
    return { ...candidate, score, onFront: !candidates.some((other) => beats(other, candidate)) };
  });
  return scored
    .sort((a, b) => b.score.estimate - a.score.estimate || b.auc.estimate - a.auc.estimate)
    .map((one, _, all) => ({ ...one, rank: 1 + all.findIndex(({ score }) => score.estimate === one.score.estimate) }));
}

function beats(one: Candidate, other: Candidate): boolean {
  const [gain, saved] = [one.auc.estimate - other.auc.estimate, other.parameters - one.parameters];
  return gain >= 0 && saved >= 0 && (gain > 0 || saved > 0);
}
