import { csvTable } from '../../src/csv.ts';
import { formatCount, formatDecimal, formatEstimate } from '../../src/format-numbers.ts';
import { competitionScore } from '../../src/learning/metrics/competition-score.ts';
import {
  type Estimate,
  type Interval,
  intervalPair,
} from '../../src/learning/metrics/intervals/interval.ts';
import { countsBySide, type SideNames } from '../../src/learning/metrics/scores/binary-view.ts';
import type { Unit } from '../../src/learning/metrics/scores/video-settings.ts';
import type { RankBy } from './spec.ts';

/** A model that competes. */
export interface Candidate {
  readonly name: string;
  /** Learnable parameters, frozen ones included. */
  readonly parameters: number;
  readonly auc: Interval;
}

/** A candidate with its rank on the leaderboard. */
export interface Ranked extends Candidate {
  /** From 1; equal candidates share a rank. */
  readonly rank: number;
  readonly score: Estimate;
  /**
   * Whether it is on the Pareto front: none has a higher AUC with as few parameters, or as high an
   * AUC with fewer.
   */
  readonly onFront: boolean;
}

/**
 * Sorts candidates by score or by AUC, best first; equal scores by AUC, then in the order given.
 *
 * Example: AUCs 0.9 and 0.95 with 1,000 and 10 parameters: the second has rank 1, and alone is on
 * the front.
 */
export function rank(candidates: readonly Candidate[], rankBy: RankBy): readonly Ranked[] {
  const scored = candidates.map((candidate) => {
    const { auc, parameters } = candidate;
    const of = (area: number) => competitionScore(area, parameters);
    // The score rises with the AUC, so the ends of one interval give those of the other.
    const score = { estimate: of(auc.estimate), low: of(auc.low), high: of(auc.high) };
    return { ...candidate, score, onFront: !candidates.some((rival) => beats(rival, candidate)) };
  });
  const merit = (candidate: Readonly<Record<RankBy, Estimate>>) => candidate[rankBy].estimate;
  return scored
    .sort((a, b) => merit(b) - merit(a) || b.auc.estimate - a.auc.estimate)
    .map((candidate, _, all) => ({
      ...candidate,
      rank: 1 + all.findIndex((other) => merit(other) === merit(candidate)),
    }));
}

function beats(a: Candidate, b: Candidate): boolean {
  const gain = a.auc.estimate - b.auc.estimate;
  const saved = b.parameters - a.parameters;
  return gain >= 0 && saved >= 0 && (gain > 0 || saved > 0);
}

/** The leaderboard for people, rounded: without scores where they do not rank. */
export function leaderboardTable(ranked: readonly Ranked[], rankBy: RankBy) {
  const ifScored = (cell: string) => (rankBy === 'score' ? [cell] : []);
  return {
    columns: ['rank', 'model', 'learnable parameters', 'AUC', ...ifScored('score'), 'Pareto front'],
    rows: ranked.map(({ rank, name, parameters, auc, score, onFront }) => [
      String(rank),
      name,
      formatCount(parameters),
      formatEstimate(auc, (area) => formatDecimal(area, 4)),
      ...ifScored(formatEstimate(score)),
      onFront ? 'yes' : '',
    ]),
  };
}

/** Whether the cells of a column are numbers, to be aligned at the right. */
export const isNumeric = (column: number): boolean => column === 0 || column === 2;

export function formatLeaderboard(ranked: readonly Ranked[]): string {
  return csvTable(
    ranked.map(({ rank, name, parameters, auc, score, onFront }) => ({
      rank,
      model: name,
      parameters,
      auc: auc.estimate,
      auc_low: auc.low,
      auc_high: auc.high,
      score: score.estimate,
      score_low: score.low,
      score_high: score.high,
      on_front: Number(onFront),
    })),
  );
}

/** The images, or what else is ranked, that all candidates scored, by class. */
export type Tested = {
  readonly split: string;
  readonly unit: Unit;
  readonly negative: number;
  readonly positive: number;
  readonly sides: SideNames;
};

/** `1,400 real and 700 fake images`. */
export const testedText = ({ unit, negative, positive, sides }: Tested): string =>
  `${formatCount(negative)} ${sides[0]} and ${formatCount(positive)} ${sides[1]} ${unit}s`;

export function formatMetrics(
  ranked: readonly Ranked[],
  { split, unit, negative, positive, sides }: Tested,
  {
    confidence,
    rankBy,
    lead,
  }: {
    readonly confidence: number;
    readonly rankBy: RankBy;
    readonly lead?: object | undefined;
  },
): string {
  const candidates = ranked.map(({ rank, name, parameters, auc, score }) => {
    const intervals =
      intervalPair(auc) === null ? {} : { auc: intervalPair(auc), score: intervalPair(score) };
    return [
      name,
      { rank, auc: auc.estimate, score: score.estimate, parameters, intervals },
    ] as const;
  });
  const counts = countsBySide(sides, negative, positive);
  const metrics = {
    split,
    confidence,
    [`${unit}s`]: negative + positive,
    ...counts,
    rankBy,
    winner: ranked[0]!.name,
    ...(lead !== undefined && { lead }),
    candidates: Object.fromEntries(candidates),
  };
  return `${JSON.stringify(metrics, null, 2)}\n`;
}
