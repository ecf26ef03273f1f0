import { z } from 'zod';
import { confidenceOf } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { factsOfClasses } from '../../src/learning/metrics/known-classes.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

/** How the evidence of several models for an image becomes one score of each class. */
const fusionRules = ['logits', 'ranks', 'weights'] as const;
export type FusionRule = (typeof fusionRules)[number];

const settings = z.strictObject({
  by: z
    .enum(fusionRules)
    .default('logits')
    .describe(
      `logits: the mean of the models' logits. ranks: the mean of the shares of ${selectionSplit} whose evidence for the class is lower, for models whose scores have different scales. weights: a weighted sum of logits, its weights and a bias for each class fitted to the labels of ${selectionSplit} by logistic regression.`,
    ),
  confidence: confidenceOf('the intervals'),
});
export type FuseSettings = z.output<typeof settings>;

export const spec = defineKind<FuseSettings>({
  name: 'fuse',
  version: 3,
  summary: 'Makes one score of the scores that several models gave the same images.',
  settings,
  inputs: {
    scores: {
      type: 'scores',
      summary: `The scores of two models or more, as evaluate writes them, of the same images and classes. All but the mean of logits need ${selectionSplit}.`,
      list: true,
    },
  },
  outputs: {
    scores: output.scores(
      'Scores of the same images, which evaluate, roc-det and competition read as those of one model.',
    ),
    weights: output.table(
      'CSV, a row for each model: its weight, and its spread on val before it, by which weights compare; equal weights unless they are fitted.',
    ),
  },
  checkInputs: (_, inputs) => {
    const { length } = inputs('scores');
    const message = `expected the scores of two models or more, got ${length}`;
    return length < 2 ? [{ at: [], message }] : [];
  },
  facts: (_, inputs) => factsOfClasses(inputs, 'scores'),
  example: `fused:
  kind: fuse
  inputs: { scores: [scores.scores, scores.scores] }
  with: { by: ranks }
`,
});
