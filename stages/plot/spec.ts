import { z } from 'zod';
import { oneInput } from '../../src/one-input.ts';
import { defineKind } from '../../src/stage.ts';
import { selectionSplit } from '../../src/training/split-names.ts';

const settings = z.strictObject({
  title: z.string().min(1).optional().describe('The title of the chart; by default it names the values of the matrix.'),
  split: z.string().default(selectionSplit).describe('Of features, the split that is drawn.'),
});
export type PlotSettings = z.infer<typeof settings>;

export const spec = defineKind<PlotSettings>({
  name: 'plot',
  version: 2,
  summary:
    'Draws how training went, accuracy and loss of the monitored splits after each epoch; or where images lie by the two principal components of their features.',
  settings,
  inputs: {
    history: { type: 'history', summary: 'The history of one training.', labelled: true, optional: true },
    features: {
      type: 'features',
      summary: 'In place of a history, the features of images.',
      labelled: true,
      optional: true,
      parts: ({ split }) => [split],
    },
  },
  outputs: { chart: { type: 'chart', summary: 'Vega-Lite spec with its data, SVG and PNG.' } },
  check: (_, inputs) => oneInput(inputs, ['history', 'features']),
  example: `curves:
  kind: plot
  inputs: { history: fit.history }
`,
});
