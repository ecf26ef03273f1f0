import type { TopLevelSpec } from 'vega-lite';
import { theme } from '../../learning/charts/theme.ts';
import { renderChart } from '../report/chart-figure.ts';
import { dataUri, type Html, html } from '../report/html.ts';
import { renderPage } from '../report/page-frame.ts';
import { renderTable } from '../report/render-table.ts';
import type { Comparison } from './compare-subjects.ts';
import { comparisonCharts } from './comparison-charts.ts';
import { type ComparisonTable, comparisonTables } from './comparison-tables.ts';

/**
 * A comparison as a page that needs no other file; `writtenAt` is in milliseconds since the epoch.
 */
export async function renderComparison(
  comparison: Comparison,
  writtenAt: number,
  warn: (line: string) => void,
): Promise<string> {
  const subjects = comparison.subjects.join(', ');
  const charts: Html[] = [];
  for (const { name, spec } of comparisonCharts(comparison)) {
    charts.push(await figure(name, spec, warn));
  }
  return renderPage({
    title: `Compared: ${subjects}`,
    state: 'succeeded',
    writtenAt,
    header: html`<header><h1>Compared: ${subjects}</h1></header>`,
    sections: [
      {
        id: 'curves',
        title: 'Curves',
        content: charts.length > 0 ? [html`<div class="charts">${charts}</div>`] : [],
      },
      ...comparisonTables(comparison).map((table, index) => ({
        id: `table-${index + 1}`,
        title: table.title,
        content: [contentOf(table)],
      })),
    ],
    footer: html`Written by Restage. Differences: the first minus the second.`,
  });
}

async function figure(
  name: string,
  spec: TopLevelSpec,
  warn: (line: string) => void,
): Promise<Html> {
  const { renderChartPng } = await import('../../learning/charts/render-chart.ts'); // it loads Vega
  const png = await renderChartPng(spec, warn);
  // Bytes 16 to 23 of a PNG are its size; this one has two pixels per unit.
  const width = png.readUInt32BE(16) / 2;
  const height = png.readUInt32BE(20) / 2;
  const carried = JSON.stringify({ ...spec, config: theme });
  return renderChart(name, undefined, {
    as: 'chart',
    title: name,
    subtitle: '',
    width,
    height,
    isPlain: true,
    picture: dataUri('image/png', png),
    spec: carried,
  });
}

/** Without a caption: the section has the title. */
export function contentOf({ columns, rows, note, folded }: ComparisonTable): Html {
  if (rows.length === 0) return html`<p>${note}</p>`;
  const table = html`${renderTable(columns, rows)}${note === undefined ? '' : html`<p>${note}</p>`}`;
  return folded === undefined
    ? table
    : html`<details class="more"><summary>${folded}</summary>${table}</details>`;
}
