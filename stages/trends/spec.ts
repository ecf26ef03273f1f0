import { z } from 'zod';
import { confidenceOf } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  confidence: confidenceOf('the interval of the difference between two splits'),
});
export type TrendsSettings = z.output<typeof settings>;

export const spec = defineKind<TrendsSettings>({
  name: 'trends',
  version: 6,
  summary:
    'Summarises trainings: whether each curve rises, falls or fluctuates, which epoch was kept, its accuracy, and whether the network learned anything.',
  settings,
  inputs: {
    history: {
      type: 'history',
      summary: 'Trainings, distinguished by their axis values.',
      list: true,
    },
    metrics: {
      type: 'metrics',
      summary:
        'Metrics of the kept models on val and test, as evaluate writes them: the difference between the two splits then resamples whole groups, as they do.',
      list: true,
      optional: true,
    },
  },
  outputs: {
    curves: output.table(
      'CSV, a row for each split and measure of each training: first and last value, the best and its epoch, and whether the curve rises, falls or fluctuates.',
    ),
    kept: output.table(
      'CSV, a row for each training: the kept epoch, its accuracies beside those of the majority class, and whether it collapsed to one class.',
    ),
    metrics: output.metrics('JSON: how many trainings there are, and how many collapsed.'),
  },
  example: `trends:
  kind: trends
  inputs: { history: [fit.history] }
`,
});
