import { z } from 'zod';
import { chosenBy } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { count, output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const settings = z.strictObject({
  strengths: uniqueList(z.number().positive(), 'strength')
    .min(1)
    .default([0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10])
    .describe(
      'Candidates of C, which weighs the loss against the size of the weights: the smaller, the stronger the regularisation.',
    ),
  by: z
    .enum(chosenBy)
    .default('auc')
    .describe(
      `The metric on ${selectionSplit} that chooses among them; of equal ones the smaller C is kept.`,
    ),
  images: count
    .exactOptional()
    .describe(
      `Images of ${trainSplit} that it learns from, equally many of each class if possible, for a learning curve; all when left out. A smaller number is part of a larger one.`,
    ),
  seed: z.int().exactOptional().describe('Seed of the draw of `images`; default: 7.'),
});
export type LinearSettings = z.output<typeof settings>;

export const spec = defineKind<LinearSettings>({
  name: 'linear',
  version: 1,
  summary:
    'Fits a linear classifier to features, in seconds and without randomness: logistic regression, with the strength of its regularisation chosen on val.',
  settings,
  inputs: {
    features: {
      type: 'features',
      summary: `Features with the splits ${trainSplit} and ${selectionSplit}; each value is standardised by its mean and deviation on ${trainSplit}.`,
      parts: () => [trainSplit, selectionSplit],
    },
  },
  outputs: {
    model: output.model(
      'A layer that gives a value for each class, with the standardisation in its weights; evaluate scores features with it.',
    ),
    path: output.table(
      'CSV, a row for each C: losses, the metric on val, the size of the weights, and which was kept.',
    ),
  },
  check: ({ images, seed }) =>
    mistakeIf(
      images === undefined && seed !== undefined,
      ['seed'],
      'expected "images", which are drawn by it: a fit to all images has no randomness',
    ),
  facts: (_, inputs) => {
    const classes = inputs('features')[0]?.facts?.['classes'];
    return classes === undefined ? {} : { classes };
  },
  example: `fit:
  kind: linear
  inputs: { features: both.features }
`,
});
