import { z } from 'zod';
import { factsOfClasses, metricMissing } from '../../src/learning/metrics/known-classes.ts';
import { chosenBy } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { count, flag, output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  by: z
    .enum(chosenBy)
    .default('accuracy')
    .describe(
      `The metric on the split ${selectionSplit}, such as auc: the highest, or the lowest where lower is better.`,
    ),
  count: count
    .exactOptional()
    .describe(
      'How many candidates advance to the next rung: `choice` then has their `ranking`, which slots of a matrix read; none when left out.',
    ),
  curve: flag.describe(
    'Also draws the value of every candidate in order, and the best so far: the output `curve`.',
  ),
});
export type SelectSettings = z.infer<typeof settings>;

export const spec = defineKind<SelectSettings>({
  name: 'select',
  version: 3,
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
    model: output.model('The best model, byte for byte.'),
    choice: output.choice('JSON: the chosen model, those tied with it, and the values of all.'),
    curve: output.chart(
      'With `curve: true`: the values in the order of the candidates, and the best so far.',
      'curve',
    ),
  },
  facts: (_, inputs) => factsOfClasses(inputs, 'models'),
  checkInputs: ({ by }, inputs) => metricMissing(by, inputs, 'metrics', { from: 2 }),
  example: `best:
  kind: select
  inputs: { models: [fit.model], metrics: [scores.metrics] }
  with: { by: accuracy }
`,
});
