import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatLevel } from '../../src/format-numbers.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import type { ShortcutResult } from './shortcuts.ts';
import { formatAuc, isFound, significant } from './verdict.ts';

const width = 320;
const rowHeight = 30;
/** Of the numbers at the right. */
const numbersWidth = 150;

/** A line for each shortcut: its AUC as a dot, filled where it is better than chance, with the interval; chance dashed. */
export function shortcutChart(results: readonly ShortcutResult[], confidence: number): TopLevelSpec {
  const rows = results.map((result) => ({
    shortcut: result.title,
    auc: result.auc.estimate,
    ...(Number.isNaN(result.auc.low) ? {} : { low: result.auc.low, high: result.auc.high }),
    isFound: isFound(result),
    says: formatAuc(result),
  }));
  const least = Math.min(0.5, ...results.map(({ auc }) => (Number.isNaN(auc.low) ? auc.estimate : auc.low)));
  const axis = { domain: false, ticks: false, grid: false, labelLimit: 240, offset: 6 };
  const scale = { domain: results.map((result) => result.title) };
  const y = { field: 'shortcut', type: 'nominal' as const, title: null, axis, scale };
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: 'AUC by this alone (0.5 is chance)',
    scale: { domain: [Math.floor(10 * least) / 10, 1], zero: false },
    axis: { format: '.1f', values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((tenth) => tenth / 10), grid: true },
  });
  const fill = { condition: { test: 'datum.isFound', value: palette[0] }, value: '#ffffff' };
  return {
    title: chartTitle(shortcutTitle(results), subtitle(results, confidence), width + numbersWidth + 100),
    width,
    height: { step: rowHeight },
    data: { name: 'shortcuts', values: rows },
    layer: [
      {
        mark: { type: 'rule', color: ink.medium, strokeDash: [4, 4] },
        encoding: { x: { datum: 0.5, type: 'quantitative' } },
      },
      {
        mark: { type: 'rule', color: palette[0], strokeWidth: 2 },
        encoding: { y, x: x('low'), x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', stroke: palette[0], strokeWidth: 2, opacity: 1, size: 70 },
        encoding: { y, x: x('auc'), fill },
      },
      {
        mark: { type: 'text', align: 'left' },
        encoding: { y, x: { value: width + 16 }, text: { field: 'says', type: 'nominal' } },
      },
    ],
  };
}

/** What was found, by the strongest of them. */
function shortcutTitle(results: readonly ShortcutResult[]): string {
  const found = results.filter(isFound).sort((a, b) => b.auc.estimate - a.auc.estimate);
  const [strongest] = found;
  if (results.length === 0) return 'No shortcut could be tested';
  if (strongest === undefined) return 'No shortcut tells the classes better than chance';
  const others = found.length === 1 ? '' : `, the highest of ${found.length} above chance`;
  return `By ${strongest.title} alone: AUC ${strongest.auc.estimate.toFixed(2)}${others}`;
}

function subtitle(results: readonly ShortcutResult[], confidence: number): string {
  const images = Math.max(0, ...results.map(({ images }) => images));
  return `${formatCountOf(images, 'image')}; cross-validated linear rule; filled: above chance, p ≤ ${significant}; lines: ${formatLevel(confidence)} interval`;
}
