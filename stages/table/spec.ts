import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

const names = (what: string) =>
  z.array(z.string().min(1)).refine((list) => new Set(list).size === list.length, `expected every ${what} once`);

const settings = z.strictObject({
  values: names('value')
    .min(1)
    .describe('The numbers to collect, by their path in the metrics, "splits" left out: test.accuracy, test.auc.'),
  over: names('axis')
    .default([])
    .describe('Axes whose values become one row: the mean, the single values, and the t interval of the mean.'),
  confidence: z.number().gt(0).lt(1).default(0.95).describe('Of the interval; with "over" only.'),
  title: z.string().min(1).optional().describe('The title of the chart and of the table shown.'),
});
export type TableSettings = z.infer<typeof settings>;

export const spec = defineKind<TableSettings>({
  name: 'table',
  version: 6,
  summary: 'Collects any number of metrics into one table and a chart; over seeds, say, with mean and t interval.',
  settings,
  inputs: { metrics: { type: 'metrics', summary: 'Metrics as JSON; each is told by its axis values.', list: true } },
  axes: { over: ['metrics'] },
  outputs: {
    table: {
      type: 'table',
      summary: 'CSV, a row for each of the metrics; with "over", a row for each value of each group of them.',
      extension: '.csv',
    },
    markdown: {
      type: 'files',
      summary: 'The table for a report, rounded; with "over", mean ± half the interval.',
      extension: '.md',
    },
    json: {
      type: 'files',
      summary: 'Everything in full precision: rows, means, intervals, single values.',
      extension: '.json',
    },
    chart: { type: 'chart', summary: 'A panel for each value, the rows below each other: spec, SVG and PNG.' },
  },
  example: `results:
  kind: table
  inputs: { metrics: [scores.metrics] }
  with: { values: [val.accuracy, test.accuracy, test.auc], over: [seed] }
`,
});
