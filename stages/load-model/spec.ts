import { z } from 'zod';
import { inputSettings } from '../../src/learning/models/input-settings.ts';
import { modelMistakes, modelSetting } from '../../src/learning/models/model-setting.ts';
import {
  pretrainedSetting,
  publishedWeights,
  weightMistakes,
  weightPorts,
} from '../../src/learning/models/weights/weight-inputs.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  model: modelSetting.describe('The network of the weights: its name, or a list of layers.'),
  ...inputSettings,
  pretrained: pretrainedSetting.exactOptional(),
  seed: z.int().default(7).describe('Decides the random weights of a head that the file lacks.'),
});
export type LoadModelSettings = z.infer<typeof settings>;

export const spec = defineKind<LoadModelSettings>({
  name: 'load-model',
  version: 1,
  summary: 'Makes a model from a network and weights of a file, or published weights, without training.',
  settings,
  inputs: weightPorts,
  outputs: { model: { type: 'model', summary: 'A model like that of train, for evaluate and others.' } },
  downloads: publishedWeights,
  check: (given, inputs) => [
    ...modelMistakes(given.model, given.imageSize, 2),
    ...weightMistakes(given, inputs),
    ...((given.pretrained ?? 'none') === 'none' && !inputs.has('weights')
      ? [{ at: [], message: 'expected the input `weights` or the setting `pretrained`, got neither' }]
      : []),
  ],
  example: `loaded:
  kind: load-model
  inputs: { weights: models/xception.safetensors }
  with: { model: xception, imageSize: 299, normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } }
`,
});
