import { z } from 'zod';
import { inputSettings } from '../../src/learning/models/input-settings.ts';
import { modelMistakes, modelSetting } from '../../src/learning/models/model-setting.ts';
import {
  pretrainedSetting,
  publishedWeights,
  weightMistakes,
  weightPorts,
} from '../../src/learning/models/weights/weight-inputs.ts';
import { splitList } from '../../src/learning/training/splits.ts';
import { defineKind } from '../../src/stage.ts';

/** The settings of a network where no model is an input. Without defaults, which shows whether they were given. */
const networkSettings = {
  model: modelSetting.exactOptional().describe('The network where no model is an input; xception when left out.'),
  imageSize: inputSettings.imageSize.unwrap().exactOptional().describe('Pixels a side of the network’s input; 256.'),
  fit: inputSettings.fit.unwrap().exactOptional().describe('How an image of another shape becomes square; cover.'),
  kernel: inputSettings.kernel.unwrap().exactOptional().describe('The interpolation kernel of resizing; linear.'),
  normalise: inputSettings.normalise,
  pretrained: pretrainedSetting.exactOptional(),
  seed: z.int().exactOptional().describe('Decides random weights; 7.'),
};

const settings = z.strictObject({
  splits: splitList.min(1).default(['train', 'val', 'test']).describe('Splits whose images are embedded.'),
  layer: z
    .string()
    .exactOptional()
    .describe('The layer whose output is taken; when left out, the first that makes an image flat.'),
  batchSize: z.int().positive().default(16).describe('Images of one forward pass.'),
  ...networkSettings,
});
export type EmbedSettings = z.infer<typeof settings>;

export const usual = {
  model: 'xception',
  imageSize: 256,
  fit: 'cover',
  kernel: 'linear',
  seed: 7,
} as const satisfies Partial<EmbedSettings>;

export const spec = defineKind<EmbedSettings>({
  name: 'embed',
  version: 2,
  summary:
    'Writes the features of every image, a network’s values before its head, so that any number of heads can train on them.',
  settings,
  inputs: {
    dataset: {
      type: 'dataset',
      summary: 'Images, resized and normalised as the network requires.',
      parts: ({ splits }) => splits,
    },
    model: { type: 'model', summary: 'A trained model of images; its head is left out.', optional: true },
    ...weightPorts,
  },
  outputs: {
    features: {
      type: 'features',
      summary: 'For each split, [images, values] as .npy, and the metadata of the images.',
    },
  },
  computes: true,
  downloads: publishedWeights,
  check: (given, inputs) => {
    const { model, imageSize } = { ...usual, ...given };
    if (!inputs.has('model')) {
      return [...modelMistakes(model, imageSize), ...weightMistakes({ ...given, model }, inputs)];
    }
    const names = Object.keys(networkSettings) as (keyof typeof networkSettings)[];
    const twice = names.filter((name) => given[name] !== undefined);
    const message = 'which the input "model" brings along';
    return [
      ...twice.map((name) => ({ at: [name], message: `expected no "${name}", ${message}` })),
      ...(inputs.has('weights') ? [{ at: [], message: `expected no input "weights", ${message}` }] : []),
    ];
  },
  example: `features:
  kind: embed
  inputs: { dataset: faces.dataset }
  with: { model: xception, imageSize: 256 }
`,
});
