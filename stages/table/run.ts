import { writeFileSync } from 'node:fs';
import { renamed } from '../../src/learning/charts/own-names.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { readInput } from '../../src/read-input.ts';
import type { StageContext } from '../../src/stage.ts';
import { defaultTitle, tableChart } from './chart.ts';
import { collect } from './collect.ts';
import { formatCsv, formatJsonTable, formatMarkdown, roundedTable } from './format.ts';
import type { TableSettings } from './spec.ts';

export default async function run(context: StageContext<TableSettings>): Promise<void> {
  const items = context.inputs('metrics').map((input) => ({
    ...{ labels: input.labels, values: readInput('metrics', input, parseMetrics).values },
  }));
  const table = collect(renamed(items, context.settings.names, 'metrics'), context.settings);
  const title = context.settings.title ?? defaultTitle(table);
  writeFileSync(context.output('table'), formatCsv(table));
  writeFileSync(context.output('markdown'), formatMarkdown(table));
  writeFileSync(context.output('json'), formatJsonTable(table));
  await renderOutput(context, 'chart', tableChart(table, context.settings.title));
  context.highlight(roundedTable(table, title));
}
