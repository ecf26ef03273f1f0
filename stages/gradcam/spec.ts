import { z } from 'zod';
import { camMethods } from '../../src/learning/attribution/methods.ts';
import { explanationSettings, surveyedImages } from '../../src/learning/explanations/explanation-settings.ts';
import { defaultDraws } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { colourMaps } from '../../src/learning/vision/colour-map.ts';
import { defineKind } from '../../src/stage.ts';

const { class: ofClass, score, batchSize, seed } = explanationSettings;
const method = z.enum(camMethods);
const layer = z.string().min(1);

const settings = z.strictObject({
  split: z.string().min(1).default('test').describe('The split whose images are explained.'),
  method: z
    .union([method.transform((one) => [one]), z.array(method).min(1)])
    .refine((list) => new Set(list).size === list.length, 'expected every method once')
    .prefault('grad-cam')
    .describe('One method or several, each a column of the sheet; `random-cam` is the control.'),
  layer: z
    .union([layer, z.record(z.string(), layer)])
    .exactOptional()
    .describe(
      'The convolution that maps are taken from, by name; of several networks a map from an axis value or stage of the model to the name. Where it says nothing, the last convolution.',
    ),
  ...{ class: ofClass, score },
  colours: z.enum(colourMaps).default('jet').describe('The colour map of the overlays.'),
  opacity: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('How much of an overlay is the map, the rest being the image.'),
  images: surveyedImages,
  shownOfEach: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe('How many of these the sheet shows of each class and outcome, drawn by chance and as far as there are.'),
  untrained: z
    .boolean()
    .default(true)
    .describe('Whether each network is measured untrained, too, which takes as long again.'),
  confidence: z.number().gt(0).lt(1).default(0.95).describe('Of the intervals.'),
  draws: z.int().nonnegative().default(defaultDraws).describe('How often images (or groups) are drawn anew for these.'),
  ...{ batchSize, seed },
  title: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Stands before the finding in the title; by default the method, the split and what all models share.'),
});
export type GradcamSettings = z.output<typeof settings>;

export const spec = defineKind<GradcamSettings>({
  name: 'gradcam',
  version: 8,
  summary:
    'Shows by class activation maps where in images networks find a class, several networks in one table, and measures it over a split.',
  settings,
  inputs: {
    models: {
      type: 'model',
      summary: 'Networks of images with a convolution, each a row of the sheet.',
      list: true,
      labelled: true,
    },
    datasets: {
      type: 'dataset',
      summary:
        'Images of two classes, real first: one set for all models, or one for each, by its axis values or in order.',
      list: true,
      labelled: true,
      parts: ({ split }) => [split],
    },
    masks: {
      type: 'files',
      summary:
        'Where images were forged, as make-faces leaves it, for scores against the masks; matched to the models as data sets are.',
      list: true,
      labelled: true,
      parts: () => ['masks'],
      optional: true,
    },
  },
  outputs: {
    sheet: {
      type: 'chart',
      summary: 'For each model a real and a fake image that it called right, and wrong, beside the maps over them.',
    },
    maps: {
      type: 'files',
      summary:
        'Of each model and method the maps of all images that are explained, not scaled, as float32 `.npy` of [maps, height, width]; maps.csv says where which one is, and has its numbers.',
    },
    metrics: {
      type: 'metrics',
      summary:
        'JSON: how concentrated maps are, how far those of the classes lie apart, how well they find masks, with intervals, beside an untrained network; by model where there are several.',
      extension: '.json',
    },
    table: { type: 'table', summary: 'CSV: the same, a row for each model and method.', extension: '.csv' },
  },
  computes: true,
  example: `cams:
  kind: gradcam
  inputs: { models: [fit.model], datasets: [faces.dataset] } # every instance of a matrix is a row
  with: { split: test, method: [grad-cam, hires-cam] }
`,
});
