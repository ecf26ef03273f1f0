import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

export const spec = defineKind({
  name: 'plot',
  version: 2,
  summary: 'Draws how training went: accuracy and loss of the monitored splits after each epoch.',
  settings: z.strictObject({
    title: z
      .string()
      .min(1)
      .optional()
      .describe('The title of the chart; by default it names the values of the matrix.'),
  }),
  inputs: { history: { type: 'history', summary: 'The history of one training.', labelled: true } },
  outputs: { chart: { type: 'chart', summary: 'Vega-Lite spec with its data, SVG and PNG.' } },
  example: `curves:
  kind: plot
  inputs: { history: fit.history }
`,
});
