import { z } from 'zod';
import { defaultNames } from '../../src/default-class-names.ts';
import { inputMistakes } from '../../src/learning/models/input-mistakes.ts';
import {
  optionalInputSettings,
  refusedNames,
  usualInput,
  withInput,
} from '../../src/learning/models/input-settings.ts';
import {
  modelMistakes,
  modelSetting,
  nativeScaleMistakes,
} from '../../src/learning/models/model-setting.ts';
import {
  filePortOf,
  networkPort,
  onnxIsFixed,
  onnxPort,
  preprocessingPort,
} from '../../src/learning/models/network-ports.ts';
import {
  pretrainedSetting,
  publishedWeights,
} from '../../src/learning/models/published-weights.ts';
import { weightMistakes, weightPorts } from '../../src/learning/models/weight-inputs.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind, type SettingMistake } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const givenSettings = z.strictObject({
  model: modelSetting
    .exactOptional()
    .describe(
      'The network of the weights: its name, or a list of layers. Not for an ONNX file, which has its own.',
    ),
  ...optionalInputSettings,
  pretrained: pretrainedSetting.exactOptional(),
  classes: uniqueList(text, 'class')
    .min(2)
    .exactOptional()
    .describe(
      `The classes in the order of the outputs; ${defaultNames.join(' and ')}, or as an ONNX file says.`,
    ),
  scoresAre: z
    .enum(['logits', 'probabilities'])
    .exactOptional()
    .describe(
      'What an ONNX file gives; probabilities where its output is a softmax, otherwise logits.',
    ),
  seed: z.int().default(7).describe('Seed of the random weights of a head that the file lacks.'),
});
const settings = withInput(givenSettings);
export type LoadModelSettings = z.infer<typeof settings>;

export const usual = { ...usualInput, classes: defaultNames } as const;

export const spec = defineKind<LoadModelSettings>({
  name: 'load-model',
  version: 1,
  summary:
    'Makes a model from an ONNX file, from a network and its weights, or from a network and a head on its features, without training.',
  settings,
  inputs: {
    network: networkPort,
    onnx: { ...onnxPort, summary: 'The earlier name of `network`, for ONNX files.' },
    head: {
      type: 'model',
      optional: true,
      summary:
        'A head that `train` or `linear` fitted to features of `embed`: it takes the place of what follows their layer. The network is that of `embed`: its `network` or `onnx`, its `model` or `weights` under `weights`, its `pretrained` or `seed`.',
    },
    preprocessing: preprocessingPort,
    ...weightPorts,
  },
  outputs: { model: output.model('A model like that of train, for evaluate and others.') },
  downloads: publishedWeights,
  check: mistakes,
  facts: ({ classes }, inputs) => (classes ? { classes } : (inputs('head')[0]?.facts ?? {})),
  example: `loaded:
  kind: load-model
  inputs: { onnx: models/detector.onnx }
  with:
    classes: [${defaultNames.join(', ')}]
    normalise:
      mean: [0.485, 0.456, 0.406]
      deviation: [0.229, 0.224, 0.225]
`,
});

function mistakes(
  given: LoadModelSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const { model, pretrained = 'none', imageSize, classes } = { ...usual, ...given };
  if (inputs.has('head')) return headMistakes(given, inputs);
  const file = filePortOf(inputs);
  if (file !== undefined) {
    const others = Object.keys(weightPorts).filter((name) => file === 'onnx' || name !== 'shards');
    const extra = (['model', 'pretrained'] as const).filter((name) => given[name] !== undefined);
    const ports = [...(file === 'onnx' ? [] : ['onnx']), ...others];
    return [
      ...inputMistakes(given, inputs),
      ...mistakeIf(given.scale !== undefined, ['scale'], onnxIsFixed),
      ...extra.map((name) => ({
        at: [name],
        message: `expected no "${name}", which the file of "${file}" brings along`,
      })),
      ...ports
        .filter((name) => inputs.has(name))
        .map((name) => ({
          at: [],
          message: `either the input \`${file}\` or \`${name}\`, got both`,
        })),
    ];
  }
  if (model === undefined) {
    return [
      {
        at: [],
        message: 'expected the setting `model`, the network of the weights, or the input `network`',
      },
    ];
  }
  const nothing = 'expected the input `weights` or the setting `pretrained`, got neither';
  return [
    ...inputMistakes(given, inputs),
    ...(given.scale === undefined ? [] : nativeScaleMistakes(model)),
    ...(inputs.has('preprocessing') ? [] : modelMistakes(model, imageSize, classes)),
    ...weightMistakes({ ...given, model }, inputs),
    ...mistakeIf(pretrained === 'none' && !inputs.has('weights'), [], nothing),
    ...mistakeIf(
      given.scoresAre !== undefined,
      ['scoresAre'],
      'is for the input `network`: layers end with logits',
    ),
  ];
}

/** A head knows its classes, and the features' images and network all but its weights. */
function headMistakes(
  given: LoadModelSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const names = ['model', 'classes', 'scoresAre', ...refusedNames(given)] as const;
  const known = names.filter((name) => given[name] !== undefined);
  const file = filePortOf(inputs);
  const isFile = file !== undefined;
  const weights = Object.keys(weightPorts).filter((name) => file === 'onnx' || name !== 'shards');
  const ports = ['preprocessing', ...(isFile ? weights : [])];
  const extra = ports.filter((name) => inputs.has(name));
  const isTwice = given.pretrained !== undefined && (isFile || inputs.has('weights'));
  return [
    ...known.map((name) => ({
      at: [name],
      message: `expected no "${name}", which the input "head" brings along`,
    })),
    ...extra.map((name) => ({
      at: [],
      message: `expected no input "${name}" beside "head"${isFile ? ` and "${file}"` : ''}`,
    })),
    ...mistakeIf(
      isTwice,
      ['pretrained'],
      'expected the weights of one network: either `pretrained` or an input, got both',
    ),
  ];
}
