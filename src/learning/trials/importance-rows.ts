import type { Random } from '../../random.ts';
import { type Importance, type ImportanceRow, importanceOf } from './importance.ts';
import { designOf, type Trials } from './trials.ts';

/** Quantile of the normal distribution for an interval of 95 %. */
const quantile = 1.96;

/**
 * The importance of each setting of some trials, from the most important one on, then what several
 * of them explain together.
 */
export function importanceRows(
  sweep: Trials,
  forest: { readonly trees: number; readonly random: Random },
): readonly ImportanceRow[] {
  const { settings } = sweep;
  const shares = importanceOf(designOf(sweep), forest);
  const rowOf = (name: string, { share, error }: Importance): ImportanceRow => ({
    name,
    share,
    low: Math.max(0, share - quantile * error),
    high: Math.min(1, share + quantile * error),
  });
  const rows = settings.map(({ title }, index) => rowOf(title, shares.settings[index]!));
  const sorted = rows.toSorted((a, b) => b.share - a.share);
  return settings.length === 1 ? sorted : [...sorted, rowOf('several together', shares.together)];
}
