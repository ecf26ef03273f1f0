import { readFileSync, writeFileSync } from 'node:fs';
import { renderChart } from '../../src/learning/charts/render-chart.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { defaultTitle, tableChart } from './chart.ts';
import { collect, describeLabels, type Item } from './collect.ts';
import { formatCsv, formatJsonTable, formatMarkdown, roundedTable } from './format.ts';
import type { TableSettings } from './spec.ts';

export default async function run(context: StageContext<TableSettings>): Promise<void> {
  const table = collect(context.inputs('metrics').map(readItem), context.settings);
  const title = context.settings.title ?? defaultTitle(table);
  writeFileSync(context.output('table'), formatCsv(table));
  writeFileSync(context.output('markdown'), formatMarkdown(table));
  writeFileSync(context.output('json'), formatJsonTable(table));
  await renderChart(tableChart(table, context.settings.title), context.output('chart'), (line) => context.warn(line));
  context.highlight(roundedTable(table, title));
}

function readItem({ path, labels }: InputArtifact): Item {
  const metrics = parseMetrics(readFileSync(path, 'utf8'));
  if (metrics.ok) return { labels, values: metrics.value.values };
  const which = describeLabels(labels);
  throw new StageError(`input "metrics"${which && ` of ${which}`}: ${metrics.error}`);
}
