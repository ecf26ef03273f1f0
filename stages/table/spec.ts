import { z } from 'zod';
import { namesSetting } from '../../src/learning/charts/names-setting.ts';
import { confidenceOf } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const settings = z.strictObject({
  values: uniqueList(text, 'value')
    .min(1)
    .describe(
      'The numbers to collect, by their path in the metrics without "splits": test.accuracy, test.auc.',
    ),
  over: uniqueList(text, 'axis')
    .default([])
    .describe(
      'Axes whose values are averaged in one row: the mean, its t interval, and the single values.',
    ),
  settings: uniqueList(text, 'setting')
    .default([])
    .describe(
      'Settings of a matrix to show as columns, by axis and name: `net.width`, `sample.learningRate`.',
    ),
  confidence: confidenceOf('the interval, with "over" only'),
  baseline: z
    .union([text, z.number().transform(String)]) // the label of a number is its text
    .optional()
    .describe(
      'A value of an axis, or a name: with "over", the row that has it is the baseline, and values that differ from it are marked (Welch\'s test, Holm\'s adjustment over the rows).',
    ),
  names: namesSetting,
  title: text.optional().describe('The title of the chart and of the table.'),
});
export type TableSettings = z.infer<typeof settings>;

export const spec = defineKind<TableSettings>({
  name: 'table',
  version: 13,
  summary:
    'Collects metrics into one table and a chart, with mean and t interval over seeds or other axes.',
  settings,
  inputs: {
    metrics: {
      type: 'metrics',
      summary: 'Metrics as JSON, distinguished by their axis values.',
      list: true,
    },
  },
  axes: { over: ['metrics'], settings: ['metrics'] },
  outputs: {
    table: output.table(
      'CSV, a row for each metrics file; with "over", a row for each value of each group.',
    ),
    markdown: output.markdown(
      'The rounded table in Markdown; with "over", mean ± half the interval.',
    ),
    latex: output.latex('The same table for LaTeX, with the package booktabs.'),
    json: output.json('Everything in full precision: rows, means, intervals, single values.'),
    chart: output.chart('A panel for each value: spec, SVG and PNG.'),
  },
  check: ({ baseline, over }) =>
    mistakeIf(
      baseline !== undefined && over.length === 0,
      ['baseline'],
      '"baseline" needs "over", the axes whose spread tells what differs, such as over: [seed]; add it, or leave "baseline" out',
    ),
  example: `results:
  kind: table
  inputs: { metrics: [scores.metrics] }
  with: { values: [val.accuracy, test.accuracy, test.auc], over: [seed] }
`,
});
