import { formatDecimal, formatFew, formatLevel, formatP } from '../../format-numbers.ts';
import type { Estimate } from './intervals/interval.ts';
import { type MetricName, metric } from './metric-catalogue.ts';

/** An area under the ROC curve as it was measured. */
export interface MeasuredArea extends Estimate {
  readonly split: string;
  /** The level of the interval; absent where a file does not say it. */
  readonly confidence?: number | undefined;
}

/** What the interval of an AUC says of guessing; undefined without an interval. */
export function againstGuessing({
  low,
  high,
}: Estimate): 'better' | 'worse' | 'not shown' | undefined {
  const { chance } = metric('auc');
  if (chance === undefined || !(low <= high)) return undefined;
  if (low > chance) return 'better';
  return high < chance ? 'worse' : 'not shown';
}

/**
 * Whether a model is better than guessing, as a sentence: whether the interval of its AUC excludes
 * 0.5. Undefined without an interval.
 *
 * Example: `Better than guessing on test (AUC 0.810, 95 % interval 0.770 to 0.850, excludes 0.5).`
 */
export function guessingVerdict(area: MeasuredArea): string | undefined {
  const { split, estimate, low, high, confidence } = area;
  const { title, chance } = metric('auc');
  const verdict = againstGuessing(area);
  if (verdict === undefined) return undefined;
  const level = confidence === undefined ? '' : `${formatLevel(confidence)} `;
  const ends = `${formatDecimal(low)} to ${formatDecimal(high)}`;
  const excludes = verdict === 'not shown' ? 'includes' : 'excludes';
  const because = `on ${split} (${title} ${formatDecimal(estimate)}, ${level}interval ${ends}, ${excludes} ${chance})`;
  switch (verdict) {
    case 'better':
      return `Better than guessing ${because}.`;
    case 'worse':
      return `Worse than guessing ${because}: check which class is which.`;
    case 'not shown':
      return `Not shown to be better than guessing ${because}.`;
  }
}

/** A tested difference between two models. */
export interface NamedDifference {
  readonly one: string;
  readonly other: string;
  /** The first minus the second, of a metric for which more is better. */
  readonly difference: number;
  readonly adjustedP: number;
}

/**
 * Which differences are shown and which may be chance, as a sentence; undefined where none has a
 * p-value. Differences are shown where p, adjusted for all pairs, is below 1 − `confidence`.
 *
 * Example: `The difference in AUC is not shown: it may be chance (p = 0.230).`
 */
export function differenceVerdict(
  all: readonly NamedDifference[],
  name: MetricName,
  confidence: number,
): string | undefined {
  const tested = all.filter(({ adjustedP }) => !Number.isNaN(adjustedP));
  const [first, ...others] = tested;
  if (first === undefined) return undefined;
  const { title } = metric(name);
  const shown = tested.filter(({ adjustedP }) => adjustedP < 1 - confidence);
  if (others.length === 0) {
    const p = pText(first.adjustedP);
    if (shown.length === 0) {
      return `The difference in ${title} is not shown: it may be chance (${p}).`;
    }
    const [better, worse] = betterFirst(first);
    return `The difference in ${title} is shown: ${better} is better than ${worse} (${p}).`;
  }
  if (shown.length === 0) {
    const least = Math.min(...tested.map(({ adjustedP }) => adjustedP));
    return `No difference in ${title} is shown: each may be chance (the least ${pText(least)}).`;
  }
  const pairs = shown.map((pair) => betterFirst(pair).join(' over '));
  const rest = shown.length < tested.length ? ' The others may be chance.' : '';
  return `The difference in ${title} is shown for ${shown.length} of ${tested.length} pairs: ${formatFew(pairs, mostPairs)}.${rest}`;
}

const mostPairs = 5;

const betterFirst = ({ one, other, difference }: NamedDifference) =>
  difference >= 0 ? ([one, other] as const) : ([other, one] as const);

const pText = (p: number): string => (p < 0.001 ? `p ${formatP(p)}` : `p = ${formatP(p)}`);
