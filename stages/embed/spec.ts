import { z } from 'zod';
import { inputMistakes } from '../../src/learning/models/input-mistakes.ts';
import {
  inputSettingNames,
  optionalInputSettings,
  refusedNames,
  usualInput,
  withInput,
} from '../../src/learning/models/input-settings.ts';
import {
  modelMistakes,
  modelSetting,
  nativeScaleMistakes,
  randomMistakes,
} from '../../src/learning/models/model-setting.ts';
import {
  filePortOf,
  networkContents,
  networkPort,
  onnxIsFixed,
  onnxPort,
  preprocessingPort,
} from '../../src/learning/models/network-ports.ts';
import { pools } from '../../src/learning/models/pools.ts';
import {
  isPublishedNetwork,
  pretrainedSetting,
  publishedWeights,
} from '../../src/learning/models/published-weights.ts';
import { weightMistakes, weightPorts } from '../../src/learning/models/weight-inputs.ts';
import { splitList } from '../../src/learning/training/splits.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { count } from '../../src/spec-parts.ts';
import { defineKind, type SettingMistake } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

/**
 * The settings of a network where no model is an input. They have no defaults, so that it is known
 * which were given.
 */
const networkSettings = {
  model: modelSetting
    .exactOptional()
    .describe('The network if no model is an input; default: xception.'),
  ...optionalInputSettings,
  pretrained: pretrainedSetting.exactOptional(),
  seed: z.int().exactOptional().describe('Seed of random weights; default: 7.'),
};

const givenSettings = z.strictObject({
  splits: splitList
    .min(1)
    .default(['train', 'val', 'test'])
    .describe('Splits whose images are embedded.'),
  layer: z
    .string()
    .exactOptional()
    .describe(
      'The layer whose output is taken; by default the first whose output is flat. Of an ONNX file, the tensor; by default its output. Of `network`, the tensor; by default the one before its classifier.',
    ),
  layers: uniqueList(z.string(), 'layer')
    .min(1)
    .exactOptional()
    .describe(
      'Several layers in place of one: the values of each channel, pooled over all positions, make one row.',
    ),
  pool: uniqueList(z.enum(pools), 'pool')
    .min(1)
    .exactOptional()
    .describe(
      'What is taken of each channel of `layers`: its mean, its deviation, or both; default: mean.',
    ),
  batchSize: count
    .default(16)
    .describe(
      'Images of one forward pass; with an ONNX file every pass has as many, and the last one is padded.',
    ),
  ...networkSettings,
});
const settings = withInput(givenSettings);
export type EmbedSettings = z.infer<typeof settings>;

export const usual = {
  model: 'xception',
  ...usualInput,
  seed: 7,
} as const satisfies Partial<EmbedSettings>;

export const spec = defineKind<EmbedSettings>({
  name: 'embed',
  version: 4,
  summary:
    'Writes the features of every image, a network’s values before its head, so that any number of heads can train on them.',
  settings,
  inputs: {
    dataset: {
      type: 'dataset',
      summary: 'Images, resized and normalised as the network requires.',
      parts: ({ splits }) => splits,
    },
    model: {
      type: 'model',
      summary: 'A trained model of images; its head is left out.',
      optional: true,
    },
    network: networkPort,
    onnx: {
      ...onnxPort,
      summary: `${onnxPort.summary} Unlike that of \`network\`, it runs in ONNX Runtime as it is, whatever its operators.`,
    },
    preprocessing: preprocessingPort,
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
  check: mistakes,
  facts: (_, inputs) => inputs('dataset')[0]?.facts ?? {},
  // A file under `onnx` runs as it is, whatever its operators.
  contents: networkContents(
    ['network'],
    [...inputSettingNames, 'layer', 'layers'],
    async () => (await import('../../src/learning/models/check-networks.ts')).checkFeatures,
  ),
  example: `features:
  kind: embed
  inputs: { dataset: faces.dataset }
  with: { model: xception, imageSize: 256 }
`,
});

function mistakes(given: EmbedSettings, inputs: ReadonlySet<string>): readonly SettingMistake[] {
  return [...poolMistakes(given, inputs), ...networkMistakes(given, inputs)];
}

function poolMistakes(
  { layer, layers, pool }: EmbedSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const isOnnx = filePortOf(inputs) === 'onnx' && !inputs.has('model');
  const ofModel = 'expected a network of layers: give the file as `network`';
  return [
    ...mistakeIf(
      layer !== undefined && layers !== undefined,
      ['layers'],
      'either "layer" or "layers", got both',
    ),
    ...mistakeIf(
      pool !== undefined && layers === undefined,
      ['pool'],
      'expected "layers", whose outputs are pooled',
    ),
    ...mistakeIf(isOnnx && layers !== undefined, ['layers'], ofModel),
  ];
}

function networkMistakes(
  given: EmbedSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const { model, imageSize } = { ...usual, ...given };
  const file = filePortOf(inputs);
  const named = isPublishedNetwork(given) ? 'pretrained' : undefined;
  const bringing = inputs.has('model') ? 'model' : (file ?? named);
  if (bringing === undefined) {
    return [
      ...inputMistakes(given, inputs),
      ...(given.scale === undefined ? [] : nativeScaleMistakes(model)),
      ...(inputs.has('preprocessing') ? [] : modelMistakes(model, imageSize)),
      ...(inputs.has('weights') ? [] : randomMistakes(model)),
      ...weightMistakes({ ...given, model }, inputs),
    ];
  }
  const isNamed = bringing === 'pretrained';
  const ofNetwork = isNamed ? (['model', 'seed'] as const) : settingsOfNetwork;
  const isFile = bringing !== 'model';
  const names = isFile ? ofNetwork : [...ofNetwork, ...refusedNames(given)];
  const twice = names.filter((name) => given[name] !== undefined);
  const message = `which the input "${bringing}" brings along`;
  const what = bringing === 'onnx' ? 'the ONNX file' : 'the file of "network"';
  const how = `expected how images are normalised for ${what}, such as { mean: [0.5, 0.5, 0.5], … }`;
  const isUnnormalised = given.normalise === undefined && !inputs.has('preprocessing');
  return [
    ...(isFile ? inputMistakes(given, inputs) : []),
    ...twice.map((name) => ({ at: [name], message: `expected no "${name}", ${message}` })),
    ...mistakeIf(inputs.has('weights'), [], `expected no input "weights", ${message}`),
    ...otherFiles(bringing, inputs).map((port) => ({
      at: [],
      message: `either the input \`${bringing}\` or \`${port}\`, got both`,
    })),
    ...mistakeIf(bringing === 'onnx' && given.scale !== undefined, ['scale'], onnxIsFixed),
    ...mistakeIf(
      !isFile && inputs.has('preprocessing'),
      [],
      `expected no input "preprocessing", ${message}`,
    ),
    ...mistakeIf(isFile && !isNamed && isUnnormalised, ['normalise'], how),
  ];
}

const settingsOfNetwork = ['model', 'pretrained', 'seed'] as const;

const otherFiles = (bringing: string, inputs: ReadonlySet<string>): readonly string[] =>
  ['network', 'onnx'].filter((port) => port !== bringing && inputs.has(port));
