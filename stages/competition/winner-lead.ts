import { formatDecimal, formatEstimate, formatP } from '../../src/format-numbers.ts';
import { areaDifference } from '../../src/learning/metrics/comparison/area-difference.ts';
import {
  competitionScore,
  equalScoreGap,
  scoreRatio,
} from '../../src/learning/metrics/competition-score.ts';
import type { GroupedLabels } from '../../src/learning/metrics/intervals/area-spread.ts';
import type { Highlight } from '../../src/stage.ts';

/** How far the winner's score is above the second's, on the same images. */
export interface Lead {
  /** The name of the second. */
  readonly over: string;
  readonly difference: number;
  /** How many times as high the winner's score is, with its interval; NaN where it is unknown. */
  readonly ratio: Readonly<Record<'estimate' | 'low' | 'high', number>>;
  /** Two-sided, for the hypothesis of equal scores. */
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
 * The lead of a winner over the second. The ratio of their competition scores depends on nothing
 * but the difference of their areas, so it has the interval of that difference. Equal scores are a
 * known gap between the areas, which the paired test of areas tests.
 */
export function leadOf(
  images: GroupedLabels,
  winner: Competitor,
  second: Competitor,
  level: number,
): Lead {
  const gap = equalScoreGap(winner.parameters, second.parameters);
  const areas = areaDifference(images, [winner.scores, second.scores], level, gap);
  const ratioAt = (difference: number) =>
    scoreRatio(difference, winner.parameters, second.parameters);
  return {
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

export const leadTable = (
  { over, difference, ratio, p }: Lead,
  winner: string,
  confidence: string,
): Highlight => ({
  title: `Lead of ${winner}, on the same images`,
  columns: ['over', 'score, first − second', `score, times as high, ${confidence}`, 'p'],
  rows: [[over, formatDecimal(difference), formatEstimate(ratio, formatRatio), formatP(p)]],
});

/** `18.488`, `1,000+`: where one of the two is near chance, a ratio may have any size. */
const formatRatio = (ratio: number): string => (ratio < 1000 ? formatDecimal(ratio) : '1,000+');

/** The lead in the `metrics` output. JSON writes a p-value that is NaN as null. */
export const leadMetrics = ({ over, difference, ratio, p }: Lead) => ({
  over,
  difference,
  ratio: ratio.estimate,
  p,
  intervals: Number.isNaN(ratio.low) ? {} : { ratio: [ratio.low, ratio.high] },
});
