import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatCountRange, formatShare } from '../../format-numbers.ts';
import { chart, quantity, share } from '../../learning/charts/encoders.ts';
import { lineLayers } from '../../learning/charts/line-layers.ts';
import { simplifyLine } from '../../learning/charts/simplify-line.ts';
import { theme } from '../../learning/charts/theme.ts';
import { axisTitle, metric } from '../../learning/metrics/metric-catalogue.ts';
import { selectionSplit, totalOf } from '../../learning/training/splits.ts';
import { curveCharts, stepAxis } from '../curve-charts.ts';
import { renderChart } from '../report/chart-figure.ts';
import { dataUri, type Html, html } from '../report/html.ts';
import { renderPage } from '../report/page-frame.ts';
import { renderTable } from '../report/render-table.ts';
import type { Comparison, PairedScores } from './compare-subjects.ts';
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
    footer: html`Written by Restage. Differences: second minus first.`,
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

const width = 400;

/**
 * The overlaid curves of a comparison: the ROC of every scored split, and the values by epoch of
 * every training.
 */
export function comparisonCharts(
  comparison: Comparison,
): readonly { readonly name: string; readonly spec: TopLevelSpec }[] {
  const { subjects, histories, paired, curves } = comparison;
  return [
    ...paired.flatMap((comparison) =>
      'problem' in comparison
        ? []
        : [{ name: `${comparison.stage}, ROC`, spec: rocChart(comparison, subjects) }],
    ),
    ...histories.map(({ stage, of }) => ({
      name: `${stage}, training`,
      spec: historyChart(stage, of, subjects),
    })),
    ...curves.flatMap(({ stage, of }) => {
      const owners = of.map((curves, index) => ({ owner: subjects[index]!, curves }));
      return curveCharts({ name: stage, owners }).map(({ measure, spec }) => ({
        name: `${stage}, ${measure}`,
        spec,
      }));
    }),
  ];
}

type Paired = Extract<PairedScores, { images: number }>;

function rocChart(paired: Paired, subjects: readonly string[]): TopLevelSpec {
  const { stage, split, images, positive, curves, areas } = paired;
  const names = paired.subjects.map(
    (index, i) => `${subjects[index]!}: ${metric('auc').title} ${areas[i]!.toFixed(3)}`,
  );
  const values = curves.flatMap((curve, index) => {
    const points = curve.map(([x, y]) => ({ x, y }));
    return simplifyLine(points, 5e-4).map((point, order) => ({
      series: names[index]!,
      ...point,
      order,
    }));
  });
  const axes = { x: share('x', 'False positive rate'), y: share('y', 'True positive rate') };
  const scored = `${stage}: ${formatCountOf(images, 'image')} that all scored; ${positive} is positive`;
  return chart(`ROC on ${split}`, scored, width, {
    width,
    height: width,
    data: { values },
    layer: lineLayers(names, {
      ...axes,
      order: 'order',
      legend: { width },
      mark: { interpolate: 'linear' },
    }),
  });
}

type Histories = Comparison['histories'][number]['of'];

/** Accuracy and loss by epoch; the legend has the accuracy of the weights that each kept. */
function historyChart(stage: string, of: Histories, subjects: readonly string[]): TopLevelSpec {
  const splits = of.flatMap((history) => history?.splits ?? []);
  const split = splits.includes(selectionSplit) ? selectionSplit : splits[0]!;
  const labelOf = (index: number) => {
    const kept = of[index]!.epochs.find(({ epoch }) => epoch === of[index]!.chosenEpoch);
    const accuracy = kept?.splits[split]?.accuracy;
    return accuracy === undefined
      ? subjects[index]!
      : `${subjects[index]!}: ${formatShare(accuracy)} at epoch ${kept!.epoch}`;
  };
  const values = of.flatMap((history, index) =>
    (history?.epochs ?? []).flatMap(({ epoch, splits: { [split]: row } }) =>
      row === undefined
        ? []
        : [{ series: labelOf(index), epoch, loss: row.loss, accuracy: row.accuracy }],
    ),
  );
  const names = [...new Set(values.map(({ series }) => series))];
  const x = stepAxis(
    'epoch',
    values.map(({ epoch }) => epoch),
    'epoch',
  );
  const panel = (field: 'accuracy' | 'loss') => ({
    width,
    height: 220,
    layer: lineLayers(names, {
      x,
      y: quantity(field, axisTitle(field)),
      legend: { width },
      points: true,
    }),
  });
  const counts = of.flatMap((history) => {
    const images = history?.images?.[split];
    return images === undefined ? [] : [totalOf(images)];
  });
  const images = counts.length === 0 ? '' : `; ${formatCountRange(counts, 'image')}`;
  return chart(`Training on ${split}`, `${stage}, after each epoch${images}`, width, {
    data: { values },
    vconcat: [panel('accuracy'), panel('loss')],
  });
}
