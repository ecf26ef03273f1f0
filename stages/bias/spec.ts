import { z } from 'zod';
import { confidenceOf, drawsFrom } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { classSettings } from '../../src/learning/metrics/scores/class-settings.ts';
import { output, text, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  split: text.default('test').describe('The split whose images were changed.'),
  ...classSettings,
  property: text
    .default('property')
    .describe('The axis of the matrix with the names of properties.'),
  partner: text
    .default('partner')
    .describe('The axis of the matrix with the partners, `other` and `own`.'),
  confidence: confidenceOf('the intervals'),
  draws: drawsFrom(1),
  seed: whole(0).default(7).describe('Seed of the resamples.'),
});
export type BiasSettings = z.output<typeof settings>;

export const spec = defineKind<BiasSettings>({
  name: 'bias',
  version: 4,
  summary:
    'Says what a detector decides by: how much of its AUC is left, and how far its scores move, when images take a property from the other class, against the same exchange within their own.',
  settings,
  inputs: {
    unchanged: { type: 'scores', summary: 'The scores of the images as they are.' },
    exchanged: {
      type: 'scores',
      summary:
        'The scores of the images that exchange made, of each property with partners of the other class and of the own one: a matrix over both.',
      list: true,
    },
    partners: {
      type: 'table',
      summary: 'The partners of each of these, in the same order, as exchange writes them.',
      list: true,
    },
  },
  outputs: {
    table: output.table(
      'CSV, a row for each property: the AUC before, after an exchange within the class and between the classes, their difference with its test, the share of the AUC above chance that is left, and the shift of scores, with intervals.',
    ),
    chart: output.chart(
      'A row for each property: the AUC after the exchange between the classes, that of the control as an outline, and that before as a line.',
    ),
  },
  checkInputs: ({ positive }, inputs) => sidesMissing(positive, inputs, 'unchanged'),
  example: `bias:
  kind: bias
  inputs:
    unchanged: scores.scores
    exchanged: [exchanged-scores.scores] # over a matrix
    partners: [exchanged.partners]
`,
});
