import { csvTable } from '../../src/csv.ts';
import { formatCount, formatDecimal, formatEstimate, formatP, withMinus } from '../../src/format-numbers.ts';
import type { SideNames } from '../../src/learning/metrics/binary-view.ts';
import { intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import { markdownTable } from '../../src/markdown-table.ts';
import type { Highlight } from '../../src/stage.ts';
import type { Lead, Ranked } from './rank.ts';

/** A score in four digits, however small: `2.608`, `0.0001843`, `1.843e-7`. */
export function formatScore(score: number): string {
  return withMinus(score !== 0 && Math.abs(score) < 1e-4 ? score.toExponential(3) : score.toPrecision(4));
}

/** The cells of a row, rounded. */
export function leaderboardRow({ rank, name, parameters, auc, score, onFront }: Ranked): readonly string[] {
  return [
    ...[String(rank), name, formatCount(parameters), formatEstimate(auc, (area) => formatDecimal(area, 4))],
    ...[formatEstimate(score, formatScore), onFront ? 'yes' : ''],
  ];
}

export const leaderboardColumns = ['rank', 'model', 'learnable parameters', 'AUC', 'score', 'Pareto front'] as const;

/** The lead of the first over the second, a paired difference. */
export const leadTable = ({ over, difference, low, high, p }: Lead, winner: string): Highlight => ({
  title: `Lead of ${winner}, on the same images`,
  columns: ['over', 'score, difference', 'p'],
  rows: [[over, formatEstimate({ estimate: difference, low, high }, formatScore), formatP(p)]],
});

export function formatLeaderboard(ranked: readonly Ranked[]): string {
  return csvTable(
    ranked.map(({ rank, name, parameters, auc, score, onFront }) => ({
      ...{ rank, model: name, parameters, auc: auc.estimate, auc_low: auc.low, auc_high: auc.high },
      ...{ score: score.estimate, score_low: score.low, score_high: score.high, on_front: Number(onFront) },
    })),
  );
}

export function formatMarkdown(ranked: readonly Ranked[]): string {
  return `${markdownTable(leaderboardColumns, ranked.map(leaderboardRow), (column) => column === 0 || column === 2)}\n`;
}

export interface Tested {
  readonly split: string;
  readonly real: number;
  readonly fake: number;
  readonly sides: SideNames;
}

export function formatMetrics(
  ranked: readonly Ranked[],
  { split, real, fake }: Tested,
  { confidence, lead }: { readonly confidence: number; readonly lead?: Lead | undefined },
): string {
  const candidates = ranked.map(({ rank, name, parameters, auc, score }) => {
    const intervals = intervalPair(auc) === null ? {} : { auc: intervalPair(auc), score: intervalPair(score) };
    return [name, { rank, auc: auc.estimate, score: score.estimate, parameters, intervals }] as const;
  });
  const metrics = {
    split,
    confidence,
    images: real + fake,
    real,
    fake,
    winner: ranked[0]!.name,
    ...(lead !== undefined && { lead: formatLead(lead) }),
    candidates: Object.fromEntries(candidates),
  };
  return `${JSON.stringify(metrics, null, 2)}\n`;
}

function formatLead({ over, difference, low, high, p }: Lead) {
  const intervals = Number.isNaN(low) ? {} : { difference: [low, high] };
  return { over, difference, p: Number.isNaN(p) ? null : p, intervals };
}
