import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatEstimate, formatLevel } from '../../src/format-numbers.ts';
import { chart } from '../../src/learning/charts/encoders.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import type { ShortcutResult } from './shortcuts.ts';

/** What an AUC means, the first whose end is not reached. */
const grades = [
  { below: 0.6, says: 'a trace' },
  { below: 0.75, says: 'it helps to tell the classes' },
  { below: 0.9, says: 'it tells the classes well' },
  { below: Number.POSITIVE_INFINITY, says: 'the classes can be told without looking at faces' },
] as const;

/** A shortcut is found where labels that were shuffled do as well at most this often, in an audit with nothing to find. */
const significant = 0.05;

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
  return `${result.title} alone: AUC ${formatEstimate(result.auc)}: ${verdict(result)}`;
}

const width = 320;

/** A row for each shortcut: its AUC, filled where it is better than chance, with the interval; chance dashed. */
export function shortcutChart(results: readonly ShortcutResult[], confidence: number): TopLevelSpec {
  const rows = results.map((result) => {
    const { estimate, low, high } = result.auc;
    return {
      name: result.title,
      value: estimate,
      low,
      high,
      text: formatEstimate(result.auc),
      isOpen: !isFound(result),
    };
  });
  const least = Math.min(0.5, ...rows.map(({ value, low }) => (Number.isNaN(low) ? value : low)));
  const images = Math.max(0, ...results.map(({ images }) => images));
  const subtitle = `${formatCountOf(images, 'image')}; cross-validated linear rule; filled: above chance, p ≤ ${significant}; lines: ${formatLevel(confidence)} interval`;
  return chart(
    results.length === 0 ? 'No shortcut could be tested' : 'AUC by each shortcut alone',
    subtitle,
    width + 250,
    intervalRows(rows, {
      ...{ dataName: 'shortcuts', label: 'AUC by this alone (0.5 is chance)', width, ruled: 0.5 },
      domain: [Math.floor(10 * least) / 10, 1],
      axis: { format: '.1f', grid: true },
    }),
  );
}
