import type { ShortcutResult } from './shortcuts.ts';

/** What an AUC means, the first whose end is not reached. */
const grades = [
  { below: 0.6, says: 'a trace' },
  { below: 0.75, says: 'it helps to tell the classes' },
  { below: 0.9, says: 'it tells the classes well' },
  { below: Number.POSITIVE_INFINITY, says: 'the classes can be told without looking at faces' },
] as const;

/**
 * Of a shortcut that is warned of, the interval begins above. Of 200 sets of noise each, the 95 % interval began above 0.5 in 5
 * to 8 %, since folds learn from each other's images; above 0.55 it began in 2.5 % of those of 60 images, in 0.5 % of 120.
 */
const worrying = 0.55;

/** What a shortcut's AUC means, in words. */
export function verdict({ name, auc, varies }: ShortcutResult): string {
  if (!varies) return 'all images are alike in this';
  if (!(auc.low > 0.5)) return 'no better than chance';
  const { says } = grades.find(({ below }) => auc.estimate < below)!;
  // A face is in these pixels, so this is rather what a network has to beat.
  return name === 'thumbnail' && auc.estimate >= 0.6 ? `${says}; a network must beat it` : says;
}

/** `file size alone: AUC 0.931 (0.912–0.947): the classes can be told without looking at faces`. */
export function verdictLine(result: ShortcutResult): string {
  return `${result.title} alone: AUC ${formatAuc(result)}: ${verdict(result)}`;
}

export const isWorrying = ({ auc }: ShortcutResult): boolean => auc.low > worrying;

export function formatAuc({ auc: { estimate, low, high } }: ShortcutResult): string {
  const ends = Number.isNaN(low) ? '' : ` (${low.toFixed(3)}–${high.toFixed(3)})`;
  return estimate.toFixed(3) + ends;
}
