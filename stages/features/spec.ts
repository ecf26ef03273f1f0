import { z } from 'zod';
import { splitList } from '../../src/learning/training/splits.ts';
import {
  corruptionCode,
  corruptionSettings,
} from '../../src/learning/vision/corruptions/corruption-settings.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { defineKind, type SettingMistake } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';
import { featureSets } from './feature-sets.ts';

const settings = z.strictObject({
  splits: splitList
    .min(1)
    .default(['train', 'val', 'test'])
    .describe('Splits whose images are measured, or whose features are joined.'),
  of: uniqueList(z.enum(featureSets), 'set')
    .min(1)
    .default([...featureSets])
    .describe(
      'What is measured of a dataset: residuals, co-occurrences of noise residuals (1,521 values); spectrum, the mean power at each frequency (264); dct, the mean size of the coefficients of blocks of 8 x 8 pixels (192).',
    ),
  corrupt: corruptionSettings
    .exactOptional()
    .describe('A corruption of every image before it is measured; none by default.'),
  seed: z.int().default(7).describe('Seed of the noise of "corrupt".'),
});
export type FeaturesSettings = z.output<typeof settings>;

export const spec = defineKind<FeaturesSettings>({
  name: 'features',
  version: 1,
  summary:
    'Measures every image at its own size by hand-made features, without a network, and joins features of several origins into one row for each image.',
  settings,
  inputs: {
    dataset: {
      type: 'dataset',
      summary: 'Images of at least 8 x 8 pixels; they are not resized.',
      optional: true,
      parts: ({ splits }) => splits,
    },
    features: {
      type: 'features',
      summary: 'Features to join, such as those of embed: of the same images, matched by key.',
      list: true,
      optional: true,
      parts: ({ splits }) => splits,
    },
  },
  outputs: {
    features: {
      type: 'features',
      summary:
        'For each split, [images, values] as .npy, and the metadata of the images: the values of the dataset, then those of each input of features.',
    },
  },
  code: corruptionCode,
  check: mistakes,
  facts: (_, inputs) => [...inputs('dataset'), ...inputs('features')][0]?.facts ?? {},
  example: `both:
  kind: features
  inputs: { dataset: faces.dataset, features: [embedded.features] }
  with: { of: [residuals, dct] }
`,
});

function mistakes(given: FeaturesSettings, inputs: ReadonlySet<string>): readonly SettingMistake[] {
  const { corrupt } = given;
  const isMeasured = inputs.has('dataset');
  const isEmpty = corrupt !== undefined && Object.keys(corrupt).length === 0;
  const names = Object.keys(corruptionSettings.shape).join(', ');
  return [
    ...mistakeIf(
      !isMeasured && !inputs.has('features'),
      [],
      'expected the input "dataset", "features", or both, got neither',
    ),
    ...mistakeIf(isEmpty, ['corrupt'], `expected one or more of ${names}`),
    ...mistakeIf(
      corrupt !== undefined && !isMeasured,
      ['corrupt'],
      'expected a "dataset", since images are corrupted before they are measured',
    ),
  ];
}
