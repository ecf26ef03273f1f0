import { z } from 'zod';
import { namesSetting } from '../../src/learning/charts/names-setting.ts';
import { comparedMetrics } from '../../src/learning/metrics/comparison/published-agreement.ts';
import { drawsFrom } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { classSettings } from '../../src/learning/metrics/scores/class-settings.ts';
import {
  unitSetting,
  videoMistakes,
  videoSettings,
} from '../../src/learning/metrics/scores/video-settings.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const testSplit = 'test';

/** The splits of a protocol, each with the port of the data set that has it. */
export const portOfSplit = { train: 'train', val: 'train', test: 'test' } as const;
export type ProtocolSplit = keyof typeof portOfSplit;

const digestOf = (split: ProtocolSplit) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a digest of 64 digits, as the output `splits` has it')
    .exactOptional()
    .describe(`The digest of ${split}.`);

const tunedOn = (what: string) =>
  z.enum([trainSplit, selectionSplit, 'nothing']).default(selectionSplit).describe(what);

const settings = z.strictObject({
  name: text.describe('The name of the protocol, as the column `protocol` of `published` has it.'),
  splits: z
    .strictObject({
      train: digestOf('train'),
      val: digestOf('val'),
      test: digestOf('test'),
    })
    .default({})
    .describe(
      'The digests of the splits that the protocol means: of the bytes and classes of their images. Given others, every table says so.',
    ),
  by: unitSetting('judged', 'images'),
  ...videoSettings,
  metrics: uniqueList(z.enum(comparedMetrics), 'metric')
    .min(1)
    .default(['auc'])
    .describe('What is reported, of the split `test`.'),
  tuned: z
    .strictObject({
      checkpoint: tunedOn('The epoch that is kept.'),
      settings: tunedOn('Settings and networks.'),
      threshold: z
        .enum([selectionSplit, 'nothing'])
        .default(selectionSplit)
        .describe(
          'The threshold of the accuracy: the best balanced accuracy on val, or even odds.',
        ),
    })
    .prefault({})
    .describe('What may be tuned on which split; the tables say it.'),
  margin: z
    .number()
    .positive()
    .max(1)
    .exactOptional()
    .describe(
      'With `published`: the largest difference that does not matter to you, such as 0.02.',
    ),
  draws: drawsFrom(100, ' of accuracies and equal error rates'),
  seed: z.int().default(7).describe('Seed of the bootstrap.'),
  ...classSettings,
  names: namesSetting,
});
export type ProtocolSettings = z.output<typeof settings>;

export const spec = defineKind<ProtocolSettings>({
  name: 'protocol',
  version: 2,
  summary:
    'Reports networks by a protocol: checks that the data sets are the protocol’s, measures on `test`, and compares with published values.',
  settings,
  inputs: {
    scores: {
      type: 'scores',
      summary:
        'Scores of one network or of several on the split test, and on val where a threshold is fitted there.',
      list: true,
      labelled: true,
    },
    train: {
      type: 'dataset',
      summary: 'The data set with the splits train and val.',
      parts: () => [trainSplit, selectionSplit],
      optional: true,
    },
    test: {
      type: 'dataset',
      summary: 'The data set with the split test; it may be that of `train`.',
      parts: () => [testSplit],
      sealed: () => 'measures',
    },
    published: {
      type: 'table',
      summary:
        'CSV network,protocol,metric,value,source, and negatives,positives where it is known how many images or videos were judged. Values are 0 to 1.',
      optional: true,
    },
  },
  outputs: {
    table: output.table(
      'CSV, a row for each network, metric and published value: values with intervals, their difference, the verdict, and whether the splits are the protocol’s.',
    ),
    metrics: output.metrics('JSON: the metrics of each network, with intervals.'),
    splits: output.json('The digest and the number of images of each split, for `splits`.'),
    chart: output.chart('The values with their intervals, beside the published ones.'),
  },
  check(given, inputs) {
    return [
      ...videoMistakes(given),
      ...mistakeIf(
        inputs.has('published') && given.margin === undefined,
        ['margin'],
        'expected a margin beside "published": the largest difference that does not matter to you',
      ),
      ...mistakeIf(
        !inputs.has('published') && given.margin !== undefined,
        ['margin'],
        'it needs the input "published"',
      ),
      ...mistakeIf(
        !inputs.has('train') && (given.splits.train ?? given.splits.val) !== undefined,
        ['splits'],
        'digests of train and val need the input "train"',
      ),
    ];
  },
  checkInputs: ({ positive }, inputs) =>
    sidesMissing(positive, inputs, 'scores', { showsOne: false }),
  example: `table:
  kind: protocol
  inputs:
    scores: [scores.scores]
    train: known.dataset
    test: others.dataset
  with: { name: cross-set, by: video, metrics: [auc, equalErrorRate] }
`,
});
