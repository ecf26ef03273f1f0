import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  confidence: z.number().gt(0).lt(1).default(0.95).describe('Of the interval of the difference between two splits.'),
});
export type TrendsSettings = z.output<typeof settings>;

export const spec = defineKind<TrendsSettings>({
  name: 'trends',
  version: 4,
  summary:
    'Says of each curve of a training what it does, and of each training which epoch was kept, what it was right about, and whether it learned anything.',
  settings,
  inputs: { history: { type: 'history', summary: 'Trainings, each told by its axis values.', list: true } },
  outputs: {
    curves: {
      type: 'table',
      summary:
        'CSV, a row for each split and measure of each training: first and last value, the best and its epoch, and whether the curve rises, falls or fluctuates.',
      extension: '.csv',
    },
    kept: {
      type: 'table',
      summary:
        'CSV, a row for each training: the kept epoch, its accuracies beside what the majority class gives, and whether it collapsed to one class.',
      extension: '.csv',
    },
    metrics: {
      type: 'metrics',
      summary: 'JSON: how many trainings there are, and how many collapsed; of a single one, all that the tables say.',
      extension: '.json',
    },
  },
  example: `trends:
  kind: trends
  inputs: { history: [fit.history] }
`,
});
