import { z } from 'zod';
import { camMethods } from '../../src/learning/attribution/methods.ts';
import {
  explanationSettings,
  facesInput,
  methodList,
  surveySettings,
} from '../../src/learning/explanations/explanation-settings.ts';
import { modelContents } from '../../src/learning/models/model-contents.ts';
import { onnxModelPort } from '../../src/learning/models/network-ports.ts';
import { colourMaps } from '../../src/learning/vision/colour-map.ts';
import { oneInput } from '../../src/setting-mistakes.ts';
import { output, text, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const { class: ofClass, score, batchSize, seed } = explanationSettings;
const layer = text;

const settings = z.strictObject({
  ...surveySettings,
  method: methodList(camMethods)
    .prefault('grad-cam')
    .describe('One method or several, each a column of the sheet; `random-cam` is the control.'),
  layer: z
    .union([layer, z.record(z.string(), layer)])
    .exactOptional()
    .describe(
      'The convolution or layer of tokens that maps are taken from, by name; for several networks a map from an axis value or stage of the model to the name. By default the last convolution, of an ONNX file the last feature maps, in a transformer the input of the last attention.',
    ),
  class: ofClass,
  score,
  batchSize,
  seed,
  colours: z
    .enum(colourMaps)
    .default('viridis')
    .describe(
      'The colour map of the overlays; `jet`, for comparison with published maps, is not safe for colour-blind people.',
    ),
  opacity: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Weight of the map in an overlay, the rest being the image.'),
  shownOfEach: whole(1, 20)
    .default(1)
    .describe(
      'How many of the explained images the sheet shows of each class and outcome, drawn at random.',
    ),
});
export type GradcamSettings = z.output<typeof settings>;

export const spec = defineKind<GradcamSettings>({
  name: 'gradcam',
  version: 21,
  summary:
    'Class activation maps of the images of a split, for several networks side by side, and numbers about them: where in an image a network finds a class.',
  settings,
  inputs: {
    models: {
      type: 'model',
      summary: 'Networks of images with a convolution or attention, each a row of the sheet.',
      list: true,
      labelled: true,
      optional: true,
    },
    onnx: { ...onnxModelPort, list: true, labelled: true },
    datasets: {
      type: 'dataset',
      summary:
        'Labelled images: one set for all models, or one for each, matched by axis values or order.',
      list: true,
      labelled: true,
      parts: ({ split }) => [split],
    },
    masks: {
      type: 'files',
      summary:
        'Masks of what was forged, as make-faces writes them, to score maps against; matched to the models as data sets are.',
      list: true,
      labelled: true,
      parts: () => ['masks'],
      optional: true,
    },
    faces: {
      ...facesInput,
      summary: `${facesInput.summary} Matched to the models as data sets are.`,
      list: true,
      labelled: true,
    },
  },
  outputs: {
    sheet: output.chart(
      'For each model an image of each class, predicted right and wrong, beside the maps over them.',
    ),
    maps: output.files(
      'Raw maps of each model and method for all explained images, as float32 `.npy` of [maps, height, width]; maps.csv lists where each map is, and its numbers.',
    ),
    metrics: output.metrics(
      'JSON: how concentrated the maps are, how far apart the classes lie, where in a face they lie, how well they find the masks, with intervals, beside an untrained network; by model if there are several.',
    ),
    table: output.table('CSV: the same, a row for each model and method.'),
  },
  computes: true,
  check: (_, inputs) => oneInput(inputs, ['models', 'onnx']),
  contents: modelContents({ port: 'models', needs: 'layers' }),
  example: `cams:
  kind: gradcam
  inputs: { models: [fit.model], datasets: [faces.dataset] }
  with: { split: test, method: [grad-cam, hires-cam] }
`,
});
