import { writeFileSync } from 'node:fs';
import { latexNote, latexTable } from '../../src/latex-table.ts';
import { renamed } from '../../src/learning/charts/names-setting.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { markdownTable } from '../../src/markdown-table.ts';
import { plainText } from '../../src/plain-text.ts';
import { readInput } from '../../src/read-input.ts';
import type { StageContext } from '../../src/stage.ts';
import { defaultTitle, tableChart } from './chart.ts';
import { collect } from './collect.ts';
import {
  formatCsv,
  formatJsonTable,
  formatTable,
  intervalNotes,
  missingNotes,
  roundedTable,
} from './format.ts';
import { marksOf, noteOf } from './significance-marks.ts';
import type { TableSettings } from './spec.ts';

export default async function run(context: StageContext<TableSettings>): Promise<void> {
  const items = context.inputs('metrics').map((input) => ({
    labels: input.labels,
    values: readInput('metrics', input, parseMetrics).values,
  }));
  const table = collect(renamed(items, context.settings.names, 'metrics'), context.settings);
  const { baseline, title = defaultTitle(table) } = context.settings;
  const marks = marksOf(table, baseline);
  const notes = [
    ...intervalNotes(table),
    ...(baseline === undefined ? [] : [noteOf(table, marks, baseline)]),
    ...missingNotes(table),
  ];
  const note = notes.join('. ');
  writeFileSync(context.output('table'), formatCsv(table));
  const rounded = roundedTable(table, title, marks);
  writeFileSync(
    context.output('markdown'),
    formatTable(rounded, table, markdownTable) + (note && `\n${plainText(note)}\n`),
  );
  writeFileSync(
    context.output('latex'),
    formatTable(rounded, table, latexTable) + (note && `${latexNote(note)}\n`),
  );
  writeFileSync(context.output('json'), formatJsonTable(table));
  await renderOutput(context, 'chart', tableChart(table, context.settings.title));
  context.highlight(note === '' ? rounded : { ...rounded, title: `${title}. ${note}` });
}
