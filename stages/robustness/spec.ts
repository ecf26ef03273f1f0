import { z } from 'zod';
import { confidenceOf } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { classSettings } from '../../src/learning/metrics/scores/class-settings.ts';
import {
  unitSetting,
  videoMistakes,
  videoSettings,
} from '../../src/learning/metrics/scores/video-settings.ts';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  split: text.default('test').describe('The split whose images are changed.'),
  by: unitSetting('ranked', 'images'),
  ...videoSettings,
  ...classSettings,
  titles: z
    .record(text, text)
    .default({})
    .describe(
      'The words for an axis of the matrix, with its unit: { quality: JPEG quality, deviation: "blur, pixels" }.',
    ),
  confidence: confidenceOf('the intervals'),
  title: text
    .optional()
    .describe('The title of the chart; by default it says what the chart shows.'),
});
export type RobustnessSettings = z.output<typeof settings>;

export const spec = defineKind<RobustnessSettings>({
  name: 'robustness',
  version: 4,
  summary:
    'Says what changes of the images, such as compression or blur, take from a detector: its AUC at every strength, and the paired test against the unchanged images.',
  settings,
  inputs: {
    unchanged: { type: 'scores', summary: 'The scores of the images as they are.' },
    changed: {
      type: 'scores',
      summary:
        'The scores of the same images after a change: the instances of a matrix over its strength, of one stage or several.',
      list: true,
    },
  },
  outputs: {
    table: output.table(
      'CSV, a row for each change and strength: the AUC, its difference from that of the unchanged images, with intervals, p and p adjusted by Holm’s method.',
    ),
    chart: output.chart(
      'A panel for each change: the AUC against its strength, beside that of the unchanged images, with intervals.',
    ),
  },
  check: videoMistakes,
  checkInputs: ({ positive }, inputs) => sidesMissing(positive, inputs, 'unchanged'),
  example: `robustness:
  kind: robustness
  inputs:
    unchanged: scores.scores
    changed: [jpeg.scores] # of evaluate, over a matrix
  with: { titles: { quality: JPEG quality } }
`,
});
