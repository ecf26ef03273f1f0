import { z } from 'zod';
import { confidenceOf } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { classSettings } from '../../src/learning/metrics/scores/class-settings.ts';
import { output, text, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const settings = z.strictObject({
  splits: uniqueList(text, 'split')
    .min(1)
    .optional()
    .describe('The splits to audit, as one set of images; default: all.'),
  positive: classSettings.positive.describe(
    'Classes or sources that are compared with all others; needed for more than two classes. By default the second of two.',
  ),
  together: uniqueList(text, 'slice')
    .default(['person'])
    .describe(
      'Slices whose equal values belong into one split, as groups do; images may lack them. `faces` gives persons.',
    ),
  folds: whole(2, 20)
    .default(5)
    .describe(
      'Folds of the cross-validation; images of one group, and copies of one image, stay in one fold.',
    ),
  confidence: confidenceOf('the intervals of the AUCs'),
  seed: whole(0)
    .default(7)
    .describe(
      'Seed of the choice of examined images, of the folds, and of the shuffled labels of the permutation tests.',
    ),
});
export type AuditSettings = z.output<typeof settings>;

export const spec = defineKind<AuditSettings>({
  name: 'audit',
  version: 11,
  summary:
    'Looks for what could invalidate a study before it starts: copies, also mirrored or rotated ones, and groups across splits, and how well image size, ' +
    'encoding, file size, brightness, 16 x 16 pixels and, of crops of faces, the size of the face alone separate the classes.',
  settings,
  inputs: {
    dataset: { type: 'dataset', summary: 'Labelled images.', parts: ({ splits }) => splits },
  },
  outputs: {
    metrics: output.metrics(
      'JSON: the AUC of every shortcut with interval and p-value, the numbers of copies, and of groups and persons in several splits.',
    ),
    duplicates: output.table(
      'CSV, a row for each pair of copies, those across splits first, then for each group, and each person, in two splits.',
    ),
    shortcuts: output.chart(
      'The AUC of every shortcut with its interval; filled dots are above chance.',
    ),
    means: output.chart('The mean image of each class, and their difference.'),
    spectrum: output.chart('The radial power spectrum of each class.'),
    copies: output.chart('Pairs of copies, those across splits first.'),
  },
  checkInputs: ({ positive }, inputs) => sidesMissing(positive, inputs, 'dataset'),
  example: `audit:
  kind: audit
  inputs: { dataset: faces.dataset }
`,
});
