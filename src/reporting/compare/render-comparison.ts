import { theme } from '../../learning/charts/theme.ts';
import { type Html, html } from '../report/html.ts';
import { renderChart } from '../report/render-chart.ts';
import { renderPage } from '../report/render-page.ts';
import { renderTable } from '../report/render-table.ts';
import type { Comparison } from './compare-subjects.ts';
import { comparisonCharts } from './comparison-charts.ts';
import type { ComparisonTable } from './comparison-tables.ts';

/** The comparison as a page of its own, with the curves overlaid. `pictures` are the charts' drawings, in their order. */
export function renderComparison(
  comparison: Comparison,
  tables: readonly ComparisonTable[],
  pictures: readonly { readonly uri: string; readonly width: number; readonly height: number }[],
  writtenAt: number,
): string {
  const { subjects } = comparison;
  const charts = comparisonCharts(comparison).map(({ name, spec }, index) => {
    const { uri, width, height } = pictures[index]!;
    const title = `${name}: ${subjects.join(', ')}`;
    const carried = JSON.stringify({ ...spec, config: theme });
    return renderChart(name, undefined, {
      as: 'chart',
      title,
      subtitle: '',
      width,
      height,
      isPlain: true,
      picture: uri,
      spec: carried,
    });
  });
  return renderPage({
    title: `Compared: ${subjects.join(', ')}`,
    state: 'succeeded',
    writtenAt,
    header: html`<header><h1>Compared: ${subjects.join(', ')}</h1></header>`,
    sections: [
      ...(charts.length > 0
        ? [{ id: 'curves', title: 'Curves', content: [html`<div class="charts">${charts}</div>`] }]
        : []),
      ...tables.map((table, index) => ({ id: `table-${index + 1}`, title: table.title, content: [contentOf(table)] })),
    ],
    footer: html`Written by Restage. Differences are the later less the earlier.`,
  });
}

/** Without a caption: the section has the title. */
function contentOf({ columns, rows, note, folded }: ComparisonTable): Html {
  if (note !== undefined) return html`<p>${note}</p>`;
  const table = renderTable(undefined, columns, rows);
  return folded === undefined ? table : html`<details class="more"><summary>${folded}</summary>${table}</details>`;
}
