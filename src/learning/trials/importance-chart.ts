import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatDecimal } from '../../format-numbers.ts';
import { chart } from '../charts/encoders.ts';
import { intervalRows } from '../charts/interval-rows.ts';
import { type About, resultTitle } from './about.ts';
import type { ImportanceRow } from './importance.ts';

const width = 340;

/** The share of the variance that each setting explains alone, with its interval. */
export function importanceChart(
  rows: readonly ImportanceRow[],
  about: Pick<About, 'by' | 'on' | 'noun'> & { readonly trials: number },
): TopLevelSpec {
  const title = `What decides ${resultTitle(about)}`;
  const subtitle = `By a setting alone (fANOVA), of ${formatCountOf(about.trials, about.noun)}; lines: 95 % interval`;
  const body = intervalRows(
    rows.map((row) => ({ ...row, value: row.share, text: formatDecimal(row.share, 2) })),
    { dataName: 'importance', label: 'Share of the variance', domain: [0, 1], width },
  );
  return chart(title, subtitle, width + 140, body);
}
