import { z } from 'zod';
import { attentionMethods, gradientMethods } from '../../src/learning/attribution/methods.ts';
import {
  explanationSettings,
  facesInput,
  subjectInputs,
  subjectMistakes,
  surveySettings,
  unusedSettings,
} from '../../src/learning/explanations/explanation-settings.ts';
import { modelContents } from '../../src/learning/models/model-contents.ts';
import { output, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const { layer: _, ...explanation } = explanationSettings; // gradients by the image have no layer

const settings = z.strictObject({
  ...surveySettings,
  method: z
    .enum([...gradientMethods, ...attentionMethods])
    .default('gradient')
    .describe(
      'The method that makes the maps; those of attention need a transformer, such as `vit-small` or a ViT of an ONNX file.',
    ),
  ...explanation,
  shown: whole(2, 48)
    .default(36)
    .describe(
      'How many of the explained images the sheet shows, equally many of each class if possible.',
    ),
  maps: z
    .enum(['shown', 'all'])
    .default('shown')
    .describe(
      'Which raw maps are kept: those of the images in the sheet, or those of all explained images.',
    ),
});
export type SaliencySettings = z.infer<typeof settings>;

export const spec = defineKind<SaliencySettings>({
  name: 'saliency',
  version: 14,
  summary:
    'Maps of the pixels that a score depends on, for the images of a split, and numbers about them: how concentrated they are, ' +
    'compared with an untrained network and with masks of what was forged.',
  settings,
  inputs: {
    ...subjectInputs,
    masks: {
      type: 'files',
      summary:
        'The folder that the images were loaded from, with masks of what was forged, as make-faces writes it.',
      parts: () => ['masks'],
      optional: true,
    },
    faces: facesInput,
  },
  outputs: {
    sheet: output.chart(
      'Images of each class beside their maps, right and wrong predictions outlined.',
    ),
    means: output.chart('The mean map of each class, and those of the untrained network.'),
    maps: output.files(
      'Raw maps, unscaled, as float32 `.npy` of [maps, height, width]; maps.csv lists for each image where its map is, and its numbers.',
    ),
    metrics: output.metrics(
      'JSON: how concentrated the maps are, how far apart the classes lie, where in a face they lie, how well they find the masks.',
    ),
  },
  computes: true,
  check: (given, inputs) => [...subjectMistakes(inputs), ...unusedSettings(given, [given.method])],
  contents: modelContents({ port: 'model', needs: 'layers' }),
  example: `saliency:
  kind: saliency
  inputs: { model: fit.model, dataset: faces.dataset, masks: drawn.faces }
  with: { method: smooth-grad, maps: all }
`,
});
