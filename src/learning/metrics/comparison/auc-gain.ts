import { formatEstimate, formatLevel, formatP } from '../../../format-numbers.ts';
import type { GroupedLabels } from '../intervals/area-spread.ts';
import { aucInterval } from '../intervals/auc-interval.ts';
import type { Interval, PairedDifference } from '../intervals/interval.ts';
import { binaryView } from '../scores/binary-view.ts';
import type { ScoreTable } from '../scores/scores-file.ts';
import { testAreas } from './area-test.ts';
import { formatArea, formatAreaDifference } from './format-areas.ts';
import { differenceOf } from './row-statistics.ts';

/** The areas under the ROC curve by two ways of scoring the same images. */
export interface AucGain {
  readonly changed: Interval;
  readonly usual: Interval;
  /** The changed area less the usual one, with its paired test. */
  readonly gain: PairedDifference;
}

/** Which images are compared, and how. */
export interface GainOptions {
  readonly split: string;
  /** The classes that a detector searches for; see {@link binaryView}. */
  readonly positive?: readonly string[] | undefined;
  /** Above 0 and below 1. */
  readonly confidence: number;
}

/** The images of a split with the scores of a detector, higher for positive. */
interface SplitScores extends GroupedLabels {
  readonly labels: readonly number[];
  readonly scores: readonly number[];
}

/**
 * What another way of scoring changes of the area under the ROC curve of a split; undefined where
 * the scores have no two sides, or the split not both. Both tables have the same images.
 */
export function aucGain(
  changed: ScoreTable,
  usual: ScoreTable,
  { split, positive, confidence }: GainOptions,
): AucGain | undefined {
  const keys = changed.rows.filter((row) => row.split === split).map(({ key }) => key);
  const one = scoresOf(changed, split, keys, positive);
  const other = scoresOf(usual, split, keys, positive);
  if (one === undefined || other === undefined) return undefined;
  return {
    changed: aucInterval(one, one.scores, confidence),
    usual: aucInterval(other, other.scores, confidence),
    gain: testAreas(one, [one.scores, other.scores], { level: confidence }),
  };
}

/** The columns of a table of gains after that of the split, for these names of the two ways. */
export const gainColumns = (changed: string, usual: string, confidence: number) => [
  `AUC, ${changed}, ${formatLevel(confidence)}`,
  `AUC, ${usual}`,
  `${changed} − ${usual}, same images`,
  'p',
];

/** The cells under {@link gainColumns}. */
export const gainCells = ({ changed, usual, gain }: AucGain): readonly string[] => [
  formatEstimate(changed, formatArea),
  formatEstimate(usual, formatArea),
  formatAreaDifference({ ...gain, estimate: gain.difference }),
  formatP(gain.p),
];

/** The scores of these images in their order; undefined without images of both sides. */
function scoresOf(
  table: ScoreTable,
  split: string,
  keys: readonly string[],
  positive: readonly string[] | undefined,
): SplitScores | undefined {
  const view = binaryView(table, positive);
  if (!view.ok) return undefined;
  const ofSplit = view.value.rows.filter((row) => row.split === split);
  const byKey = new Map(ofSplit.map((row) => [row.key, row]));
  const rows = keys.flatMap((key) => byKey.get(key) ?? []);
  const labels = rows.map(({ label }) => label);
  if (new Set(labels).size < 2) return undefined;
  return { labels, groups: rows.map(({ group }) => group), scores: rows.map(differenceOf) };
}
