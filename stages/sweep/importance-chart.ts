import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatDecimal } from '../../src/format-numbers.ts';
import { chart } from '../../src/learning/charts/encoders.ts';
import { intervalRows } from '../../src/learning/charts/interval-rows.ts';
import { findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { ImportanceRow } from './importance.ts';

const width = 340;

/** The share of the variance that each setting explains alone, with its interval. */
export function importanceChart(
  rows: readonly ImportanceRow[],
  { by, trials }: { readonly by: string; readonly trials: number },
): TopLevelSpec {
  const title = `What decides ${findMetric(by)?.title ?? by} on ${selectionSplit}`;
  const subtitle = `By a setting alone (fANOVA), of ${formatCountOf(trials, 'trial')}; lines: 95 % interval`;
  const body = intervalRows(
    rows.map((row) => ({ ...row, value: row.share, text: formatDecimal(row.share, 2) })),
    { dataName: 'importance', label: 'Share of the variance', domain: [0, 1], width },
  );
  return chart(title, subtitle, width + 140, body);
}
