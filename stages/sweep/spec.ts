import { z } from 'zod';
import { metricMissing } from '../../src/learning/metrics/known-classes.ts';
import { splitMissing } from '../../src/learning/metrics/known-splits.ts';
import { chosenBy, type MetricName } from '../../src/learning/metrics/metric-catalogue.ts';
import { chosenByTest } from '../../src/learning/metrics/reported-split.ts';
import { selectionNumber, selectionSplit } from '../../src/learning/training/splits.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { count, output, text, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const settings = z.strictObject({
  settings: uniqueList(text, 'setting')
    .min(1)
    .describe(
      'What the trials differ in: an axis such as `rate`, a field of its values such as `sample.rate`, or all fields: `sample.*`.',
    ),
  by: selectionNumber
    .default('accuracy')
    .describe(`The metric on the split ${selectionSplit} that the sweep is about, such as auc.`),
  better: z
    .enum(['higher', 'lower'])
    .exactOptional()
    .describe('For a number of your own under `by`: which is better.'),
  over: uniqueList(text, 'axis')
    .default([])
    .describe('Axes that are pooled, such as [fold] or [seed]: a trial counts by the mean.'),
  best: count
    .default(5)
    .describe('How many of the best trials are marked, and written as YAML to paste.'),
  trees: whole(50, 10_000)
    .default(500)
    .describe('Trees of the forest by which the importance is computed.'),
  seed: z.int().nonnegative().default(7).describe('Seed of the forest.'),
});
export type SweepSettings = z.infer<typeof settings>;

export const spec = defineKind<SweepSettings>({
  name: 'sweep',
  version: 4,
  summary:
    'Looks back at a sweep: which settings matter (functional ANOVA of a random forest, with intervals), each setting against the result, all of them as parallel coordinates, and the best trials as YAML.',
  settings,
  inputs: {
    metrics: {
      type: 'metrics',
      summary: `The metrics of each trial, with the split ${selectionSplit}.`,
      list: true,
    },
  },
  axes: { settings: ['metrics'], over: ['metrics'] },
  outputs: {
    importance: output.chart('The share of the variance that each setting explains.'),
    slices: output.chart('The result against each setting; the best trials are marked.'),
    parallel: output.chart('Each trial as a line across the settings, the best ones blue.'),
    table: output.table('CSV: the settings with their shares of the variance, and intervals.'),
    best: {
      type: 'files',
      extension: '.yaml',
      summary: 'The best trials as an axis of a matrix, to paste into a pipeline.',
    },
  },
  check: ({ by, better }) => {
    const isTest = by.startsWith('test.');
    const isUnknown = better === undefined && !chosenBy.some((name) => name === by);
    return [
      ...mistakeIf(isTest, ['by'], chosenByTest),
      ...mistakeIf(
        isUnknown && !isTest,
        ['by'],
        `"${by}" is no metric of evaluate: for one of your own, say which is better, as in better: higher`,
      ),
    ];
  },
  checkInputs: ({ by }, inputs) => {
    const known = chosenBy.find((name): name is MetricName => name === by);
    return [
      ...metricMissing(known, inputs, 'metrics', { from: 2 }),
      ...splitMissing(selectionSplit, inputs, 'metrics'),
    ];
  },
  example: `overview:
  kind: sweep
  inputs: { metrics: [scores.metrics] }
  with: { settings: ["sample.*"], by: auc }
`,
});
