import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

export const spec = defineKind({
  name: 'roc-det',
  version: 2,
  summary:
    'Draws the receiver operating characteristic of the difference of the two scores, which a model decides by, and of ' +
    'each score alone for its own class; gives the area under each.',
  settings: z.strictObject({
    split: z.string().min(1).default('test').describe('The split whose images are ranked.'),
    title: z
      .string()
      .min(1)
      .optional()
      .describe('The title of the chart; by default it names the values of the matrix.'),
  }),
  inputs: {
    scores: {
      type: 'scores',
      summary: 'CSV with the columns key, split, label (0 real, 1 fake), real, fake.',
      labelled: true,
    },
  },
  outputs: {
    chart: { type: 'chart', summary: 'Vega-Lite spec with its data, SVG and PNG.' },
    metrics: {
      type: 'metrics',
      summary: 'JSON: the split, how many images of each class, the AUC of the difference and of each score alone.',
      extension: '.json',
    },
  },
  example: `roc:
  kind: roc-det
  inputs: { scores: score.scores }
  with: { split: test }
`,
});
