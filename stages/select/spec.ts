import { z } from 'zod';
import { selectionSplit } from '../../src/learning/training/split-names.ts';
import { defineKind } from '../../src/stage.ts';
import { measures } from './choose.ts';

const settings = z.strictObject({
  by: z
    .enum(measures)
    .default('accuracy')
    .describe(
      `What is compared, on the split ${selectionSplit} alone: the highest accuracy or AUC, or the lowest loss.`,
    ),
});
export type SelectSettings = z.infer<typeof settings>;

export const spec = defineKind<SelectSettings>({
  name: 'select',
  version: 1,
  summary: `Passes on the model that is best on ${selectionSplit}; no other split has a say.`,
  settings,
  inputs: {
    models: { type: 'model', summary: 'The models to choose from.', list: true },
    metrics: {
      type: 'metrics',
      summary: `The metrics of each, in the same order, with the split ${selectionSplit}, as evaluate leaves them.`,
      list: true,
    },
  },
  outputs: {
    model: { type: 'model', summary: 'The best model, byte for byte.' },
    choice: {
      type: 'files',
      summary: 'JSON: which one it is, what it was tied with, and the values of all.',
      extension: '.json',
    },
  },
  example: `best:
  kind: select
  inputs: { models: [fit.model], metrics: [scores.metrics] }
  with: { by: accuracy }
`,
});
