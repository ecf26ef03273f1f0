import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

export const spec = defineKind({
  name: 'roc-det',
  version: 1,
  summary: 'Draws the receiver operating characteristic of both scores and gives the area under each.',
  settings: z.strictObject({
    split: z.string().min(1).default('test').describe('The split whose images are ranked.'),
    title: z.string().min(1).optional().describe('The title of the chart.'),
  }),
  inputs: {
    scores: { type: 'scores', summary: 'CSV with the columns key, split, label (0 real, 1 fake), real, fake.' },
  },
  outputs: {
    chart: { type: 'chart', summary: 'Vega-Lite spec with its data, SVG and PNG.' },
    metrics: {
      type: 'metrics',
      summary: 'JSON: the split, how many images of each class, the AUC of each score.',
      extension: '.json',
    },
  },
  example: `roc:
  kind: roc-det
  inputs: { scores: score.scores }
  with: { split: test }
`,
});
