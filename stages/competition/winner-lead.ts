import { formatDecimal, formatEstimate, formatP, formatSigned } from '../../src/format-numbers.ts';
import { areaDifference } from '../../src/learning/metrics/comparison/area-difference.ts';
import {
  competitionScore,
  equalScoreGap,
  scoreRatio,
} from '../../src/learning/metrics/competition-score.ts';
import type { GroupedLabels } from '../../src/learning/metrics/intervals/area-spread.ts';
import { type Estimate, intervalPair } from '../../src/learning/metrics/intervals/interval.ts';
import type { Highlight } from '../../src/stage.ts';

/** How far the winner is ahead of the second, on the same images. */
export type Lead = ScoreLead | AucLead;

interface ScoreLead {
  readonly by: 'score';
  /** The name of the second. */
  readonly over: string;
  readonly difference: number;
  /** How many times as high the winner's score is, with its interval; NaN where it is unknown. */
  readonly ratio: Estimate;
  /** Two-sided, for the hypothesis of equal scores. */
  readonly p: number;
}

interface AucLead {
  readonly by: 'auc';
  /** The name of the second. */
  readonly over: string;
  readonly difference: Estimate;
  /** Two-sided, for the hypothesis of equal AUCs. */
  readonly p: number;
}

interface Competitor {
  readonly name: string;
  readonly parameters: number;
  /** One for each image, higher for positive. */
  readonly scores: readonly number[];
  readonly area: number;
}

/**
 * The lead of a winner by score. The ratio of the competition scores depends on nothing but the
 * difference of the areas, so it has the interval of that difference. Equal scores are a
 * known gap between the areas, which the paired test of areas tests.
 */
export function scoreLead(
  images: GroupedLabels,
  winner: Competitor,
  second: Competitor,
  level: number,
): ScoreLead {
  const gap = equalScoreGap(winner.parameters, second.parameters);
  const areas = areaDifference(images, [winner.scores, second.scores], level, gap);
  const ratioAt = (difference: number) =>
    scoreRatio(difference, winner.parameters, second.parameters);
  return {
    by: 'score',
    over: second.name,
    difference:
      competitionScore(winner.area, winner.parameters) -
      competitionScore(second.area, second.parameters),
    ratio: {
      estimate: ratioAt(areas.difference),
      low: ratioAt(areas.low),
      high: ratioAt(areas.high),
    },
    p: areas.p,
  };
}

/** The lead of a winner by AUC. */
export function aucLead(
  images: GroupedLabels,
  winner: Competitor,
  second: Competitor,
  level: number,
): AucLead {
  const areas = areaDifference(images, [winner.scores, second.scores], level);
  const { difference: estimate, low, high, p } = areas;
  return { by: 'auc', over: second.name, difference: { estimate, low, high }, p };
}

export function leadTable(lead: Lead, winner: string, confidence: string): Highlight {
  const title = `Lead of ${winner}, on the same images`;
  const { over, p } = lead;
  if (lead.by === 'auc') {
    const difference = formatEstimate(lead.difference, formatSigned);
    const columns = ['over', `AUC, first − second, ${confidence}`, 'p'];
    return { title, columns, rows: [[over, difference, formatP(p)]] };
  }
  const difference = formatDecimal(lead.difference);
  const ratio = formatEstimate(lead.ratio, formatRatio);
  const columns = ['over', 'score, first − second', `score, times as high, ${confidence}`, 'p'];
  return { title, columns, rows: [[over, difference, ratio, formatP(p)]] };
}

/** `18.488`, `1,000+`: where one of the two is near chance, a ratio may have any size. */
const formatRatio = (ratio: number): string => (ratio < 1000 ? formatDecimal(ratio) : '1,000+');

/** The lead in the `metrics` output. JSON writes a p-value that is NaN as null. */
export function leadMetrics(lead: Lead) {
  const { over, p } = lead;
  const intervals = (name: string, estimate: Estimate) =>
    intervalPair(estimate) === null ? {} : { [name]: intervalPair(estimate) };
  if (lead.by === 'auc') {
    const { difference } = lead;
    const { estimate } = difference;
    return { over, difference: estimate, p, intervals: intervals('difference', difference) };
  }
  const { difference, ratio } = lead;
  return { over, difference, ratio: ratio.estimate, p, intervals: intervals('ratio', ratio) };
}
