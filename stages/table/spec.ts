import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

const names = (what: string) =>
  z.array(z.string().min(1)).refine((list) => new Set(list).size === list.length, `expected every ${what} once`);

const settings = z.strictObject({
  values: names('value')
    .min(1)
    .describe('The numbers to collect, by their path in the metrics without "splits": test.accuracy, test.auc.'),
  over: names('axis')
    .default([])
    .describe('Axes whose values are averaged in one row: the mean, its t interval, and the single values.'),
  confidence: z.number().gt(0).lt(1).default(0.95).describe('Confidence of the interval; with "over" only.'),
  title: z.string().min(1).optional().describe('The title of the chart and of the table.'),
});
export type TableSettings = z.infer<typeof settings>;

export const spec = defineKind<TableSettings>({
  name: 'table',
  version: 6,
  summary: 'Collects metrics into one table and a chart, with mean and t interval over seeds or other axes.',
  settings,
  inputs: { metrics: { type: 'metrics', summary: 'Metrics as JSON, distinguished by their axis values.', list: true } },
  axes: { over: ['metrics'] },
  outputs: {
    table: {
      type: 'table',
      summary: 'CSV, a row for each metrics file; with "over", a row for each value of each group.',
      extension: '.csv',
    },
    markdown: {
      type: 'files',
      summary: 'The rounded table in Markdown; with "over", mean ± half the interval.',
      extension: '.md',
    },
    json: {
      type: 'files',
      summary: 'Everything in full precision: rows, means, intervals, single values.',
      extension: '.json',
    },
    chart: { type: 'chart', summary: 'A panel for each value: spec, SVG and PNG.' },
  },
  example: `results:
  kind: table
  inputs: { metrics: [scores.metrics] }
  with: { values: [val.accuracy, test.accuracy, test.auc], over: [seed] }
`,
});
