import type { ShortcutResult } from './shortcuts.ts';

/** What an AUC means, the first whose end is not reached. */
const grades = [
  { below: 0.6, says: 'a trace' },
  { below: 0.75, says: 'it helps to tell the classes' },
  { below: 0.9, says: 'it tells the classes well' },
  { below: Number.POSITIVE_INFINITY, says: 'the classes can be told without looking at faces' },
] as const;

/** A shortcut is found where labels that were shuffled do as well at most this often, in an audit with nothing to find. */
export const significant = 0.05;

/** Of a shortcut that is warned of, the interval begins above: what is less is not worth a warning, however sure. */
const worrying = 0.55;

/** Whether a shortcut tells the classes better than chance. */
export const isFound = ({ auc }: ShortcutResult): boolean => auc.p <= significant;

export const isWorrying = (result: ShortcutResult): boolean => isFound(result) && result.auc.low > worrying;

/** What a shortcut's AUC means, in words. */
export function verdict(result: ShortcutResult): string {
  const { name, auc, varies } = result;
  if (!varies) return 'all images are alike in this';
  if (!isFound(result)) return 'no better than chance';
  const { says } = grades.find(({ below }) => auc.estimate < below)!;
  // A face is in these pixels, so this is rather what a network has to beat.
  return name === 'thumbnail' && auc.estimate >= 0.6 ? `${says}; a network must beat it` : says;
}

/** `file size alone: AUC 0.931 (0.912–0.947): the classes can be told without looking at faces`. */
export function verdictLine(result: ShortcutResult): string {
  return `${result.title} alone: AUC ${formatAuc(result)}: ${verdict(result)}`;
}

export function formatAuc({ auc: { estimate, low, high } }: ShortcutResult): string {
  const ends = Number.isNaN(low) ? '' : ` (${low.toFixed(3)}–${high.toFixed(3)})`;
  return estimate.toFixed(3) + ends;
}

export const formatP = ({ auc: { p } }: ShortcutResult): string => (Number.isNaN(p) ? '' : p.toFixed(3));
