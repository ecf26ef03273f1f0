import { z } from 'zod';
import { confidenceOf } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { trainSplit } from '../../src/learning/training/splits.ts';
import { count, output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const settings = z.strictObject({
  split: text.default(trainSplit).describe('The split whose images the networks answer.'),
  over: uniqueList(text, 'axis')
    .default([])
    .describe(
      'Axes whose values are independent trainings, such as [seed]: counted together, with an exact interval.',
    ),
  confidence: confidenceOf('the intervals of shares'),
  batchSize: count.default(32).describe('Images of one forward pass.'),
});
export type ActivitySettings = z.output<typeof settings>;

export const spec = defineKind<ActivitySettings>({
  name: 'activity',
  version: 1,
  summary:
    'Counts the networks that are stuck, with one answer for all images, or dead, with a layer of ReLUs that is 0 on all of them.',
  settings,
  inputs: {
    models: {
      type: 'model',
      summary: 'Trained networks of images, distinguished by their axis values.',
      list: true,
    },
    dataset: {
      type: 'dataset',
      summary: 'Labelled images; resized and normalised as each model was trained.',
      parts: ({ split }) => [split],
    },
  },
  axes: { over: ['models'] },
  outputs: {
    table: output.table(
      'CSV, a row for each network: whether it is stuck or dead, how far its answers vary, and its loss.',
    ),
    layers: output.table(
      'CSV, a row for each layer of ReLUs of each network: its greatest value, and how many of its units are 0 on all images.',
    ),
    shares: output.table(
      'CSV, a row for each group of trainings: how many are stuck and dead, with exact intervals.',
    ),
    metrics: output.metrics('JSON: the same counts and shares of all networks, and of each group.'),
  },
  computes: true,
  example: `alive:
  kind: activity
  inputs: { models: [fit.model], dataset: faces.dataset }
  with: { over: [seed] }
`,
});
