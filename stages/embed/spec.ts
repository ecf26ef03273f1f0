import { z } from 'zod';
import { inputSettings, positiveTriple, triple } from '../../src/learning/models/input-settings.ts';
import { modelMistakes, modelSetting } from '../../src/learning/models/model-setting.ts';
import { pretrainedSetting, weightMistakes, weightPorts } from '../../src/learning/models/weights/weight-inputs.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  splits: z
    .array(z.string())
    .min(1)
    .refine((splits) => new Set(splits).size === splits.length, 'expected every split once')
    .default(['train', 'val', 'test'])
    .describe('Splits whose images are looked at.'),
  layer: z
    .string()
    .exactOptional()
    .describe('The layer whose output is taken; when left out, the first that makes an image flat.'),
  batchSize: z.int().positive().default(16).describe('Images of one forward pass.'),
  model: modelSetting.exactOptional().describe('The network where no model is an input; xception when left out.'),
  imageSize: inputSettings.imageSize.unwrap().exactOptional().describe('Pixels a side of what it sees; 256.'),
  fit: inputSettings.fit.unwrap().exactOptional().describe('How an image of another shape becomes square; cover.'),
  kernel: inputSettings.kernel
    .unwrap()
    .exactOptional()
    .describe('What weighs the pixels when an image is resized; linear.'),
  normalise: z
    .strictObject({
      mean: triple.describe('What is taken from each value.'),
      deviation: positiveTriple.describe('What each difference is divided by.'),
    })
    .exactOptional()
    .describe(
      '(value - mean) / deviation of values from 0 to 1; when left out, as the weights need it, and CIFAR’s for random ones.',
    ),
  pretrained: pretrainedSetting.exactOptional(),
  seed: z.int().exactOptional().describe('Decides the weights that are random; 7.'),
});
export type EmbedSettings = z.infer<typeof settings>;

/** What a model brings along. */
const ofModel = ['model', 'imageSize', 'fit', 'kernel', 'normalise', 'pretrained', 'seed'] as const;

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
  summary: 'Writes what a network makes of every image before its head, so that any number of heads train on it.',
  settings,
  inputs: {
    dataset: {
      type: 'dataset',
      summary: 'Images, resized and normalised as the network takes them.',
      parts: ({ splits }) => splits,
    },
    model: { type: 'model', summary: 'A trained model of images; its head is left out.', optional: true },
    weights: { ...weightPorts.weights, optional: true },
    shards: weightPorts.shards,
  },
  outputs: {
    features: {
      type: 'features',
      summary: 'Of each split, [images, values] as .npy, and what is known of the images.',
    },
  },
  computes: true,
  check: (given, inputs) => {
    const { model, imageSize } = { ...usual, ...given };
    if (!inputs.has('model'))
      return [...modelMistakes(model, imageSize), ...weightMistakes({ ...given, model }, inputs)];
    const twice = ofModel.filter((name) => given[name] !== undefined);
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
