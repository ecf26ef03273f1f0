import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatEstimate, formatLevel } from '../../src/format-numbers.ts';
import { chart } from '../../src/learning/charts/encoders.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import type { ShortcutResult } from './shortcuts.ts';

/** Words for an AUC: the first row with an AUC below its end. */
const grades = [
  { below: 0.6, says: 'a trace' },
  { below: 0.75, says: 'separates the classes weakly' },
  { below: 0.9, says: 'separates the classes well' },
  { below: Number.POSITIVE_INFINITY, says: 'separates the classes almost without looking at faces' },
] as const;

/** A shortcut is found where its p-value, adjusted for all shortcuts, is at most this. */
const significant = 0.05;

/** A warning needs an interval above this: a weaker shortcut is not worth one, however certain. */
const worrying = 0.55;

/** Whether a shortcut separates the classes better than chance. */
export const isFound = ({ auc }: ShortcutResult): boolean => auc.p <= significant;

export const isWorrying = (result: ShortcutResult): boolean => isFound(result) && result.auc.low > worrying;

/** A shortcut's AUC in words. */
export function verdict(result: ShortcutResult): string {
  const { name, auc, varies } = result;
  if (!varies) return 'all images are alike in this';
  if (!isFound(result)) return 'no better than chance';
  const { says } = grades.find(({ below }) => auc.estimate < below)!;
  // These pixels show the face, so this is rather a baseline for networks.
  return name === 'thumbnail' && auc.estimate >= 0.6 ? `${says}; a network must beat it` : says;
}

/** `file size alone: AUC 0.931 (0.912–0.947): separates the classes almost without looking at faces`. */
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
