import { z } from 'zod';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { defineKind } from '../../src/stage.ts';
import { measures } from './choose.ts';

const settings = z.strictObject({
  by: z
    .enum(measures)
    .default('accuracy')
    .describe(`The measure on the split ${selectionSplit}: the highest accuracy or AUC, or the lowest loss.`),
});
export type SelectSettings = z.infer<typeof settings>;

export const spec = defineKind<SelectSettings>({
  name: 'select',
  version: 1,
  summary: `Passes on the model that is best on ${selectionSplit}; no other split counts.`,
  settings,
  inputs: {
    models: { type: 'model', summary: 'The models to choose from.', list: true },
    metrics: {
      type: 'metrics',
      summary: `The metrics of each model from evaluate, in the same order, with the split ${selectionSplit}.`,
      list: true,
    },
  },
  outputs: {
    model: { type: 'model', summary: 'The best model, byte for byte.' },
    choice: {
      type: 'files',
      summary: 'JSON: the chosen model, those tied with it, and the values of all.',
      extension: '.json',
    },
  },
  example: `best:
  kind: select
  inputs: { models: [fit.model], metrics: [scores.metrics] }
  with: { by: accuracy }
`,
});
