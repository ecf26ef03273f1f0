import { z } from 'zod';
import { gradientMethods } from '../../src/learning/attribution/methods.ts';
import { explanationSettings, surveyedImages, unheeded } from '../../src/learning/explanations/explanation-settings.ts';
import { defaultDraws } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { defineKind } from '../../src/stage.ts';

const { layer: _, ...shared } = explanationSettings; // gradients by the image have no layer

const settings = z.strictObject({
  split: z.string().min(1).default('test').describe('The split whose images are explained.'),
  method: z.enum(gradientMethods).default('gradient').describe('How maps are made.'),
  ...shared,
  images: surveyedImages,
  shown: z
    .int()
    .min(2)
    .max(48)
    .default(36)
    .describe('How many of these the sheet shows, half of each class; more of one where the other has fewer.'),
  untrained: z
    .boolean()
    .default(true)
    .describe('Whether all is measured of an untrained net of the same shape too, which takes as long again.'),
  maps: z
    .enum(['shown', 'all'])
    .default('shown')
    .describe('Which raw maps are kept: those of the images in the sheet, or of all that are explained.'),
  confidence: z.number().gt(0).lt(1).default(0.95).describe('Of all intervals.'),
  draws: z
    .int()
    .nonnegative()
    .default(defaultDraws)
    .describe('How often images (or whole groups) are drawn anew for intervals; with 0 there are none.'),
  title: z
    .string()
    .min(1)
    .optional()
    .describe('Stands before the finding in the titles; by default the values of the matrix do.'),
});
export type SaliencySettings = z.infer<typeof settings>;

export const spec = defineKind<SaliencySettings>({
  name: 'saliency',
  version: 6,
  summary:
    'Maps of the pixels that a score hangs on, of the images of a split, and in numbers how small an area that is, against ' +
    'an untrained net and against masks of what was forged.',
  settings,
  inputs: {
    model: { type: 'model', summary: 'A model trained on images.', labelled: true },
    dataset: {
      type: 'dataset',
      summary: 'Images of two classes, real first; resized and normalised as the model was trained.',
      parts: ({ split }) => [split],
    },
    masks: {
      type: 'files',
      summary: 'The folder that the images were loaded from, as make-faces leaves it, with masks of what was forged.',
      parts: () => ['masks'],
      optional: true,
    },
  },
  outputs: {
    sheet: {
      type: 'chart',
      summary: 'Images of both classes beside their maps, right and wrong predictions outlined.',
    },
    means: { type: 'chart', summary: 'The mean map of each class, and those of the untrained net.' },
    maps: {
      type: 'files',
      summary:
        'Raw maps, not scaled, as float32 `.npy` of [maps, height, width]; maps.csv says of each image where its map is, and has its numbers.',
    },
    metrics: {
      type: 'metrics',
      summary: 'JSON: how concentrated maps are, how far apart those of the classes lie, how well they find masks.',
      extension: '.json',
    },
  },
  computes: true,
  check: (given) => unheeded(given, [given.method]),
  example: `saliency:
  kind: saliency
  inputs: { model: fit.model, dataset: faces.dataset, masks: drawn.faces }
  with: { method: smooth-grad, maps: all }
`,
});
