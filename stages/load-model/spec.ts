import { z } from 'zod';
import { inputSettings } from '../../src/learning/models/input-settings.ts';
import { modelMistakes, modelSetting } from '../../src/learning/models/model-setting.ts';
import { pretrainedSetting, weightMistakes, weightPorts } from '../../src/learning/models/weights/weight-inputs.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  model: modelSetting.describe('The network that the weights are of: by name, or as a list of layers.'),
  ...inputSettings,
  pretrained: pretrainedSetting.exactOptional(),
  seed: z.int().default(7).describe('Decides the weights of a head that the file does not have.'),
});
export type LoadModelSettings = z.infer<typeof settings>;

export const spec = defineKind<LoadModelSettings>({
  name: 'load-model',
  version: 1,
  summary: 'Makes a model of a network and weights from a file, or published ones, without training.',
  settings,
  inputs: { weights: { ...weightPorts.weights, optional: true }, shards: weightPorts.shards },
  outputs: { model: { type: 'model', summary: 'The model as train would leave it: evaluate and others take it.' } },
  check: (given, inputs) => [
    ...modelMistakes(given.model, given.imageSize),
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
