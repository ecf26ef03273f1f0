import { z } from 'zod';
import { inputSettings } from '../../src/learning/models/input-settings.ts';
import { modelMistakes, modelSetting } from '../../src/learning/models/model-setting.ts';
import {
  fileNames,
  filePortOf,
  networkContents,
  networkPort,
  onnxPort,
} from '../../src/learning/models/network-ports.ts';
import { weightPorts } from '../../src/learning/models/weight-inputs.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const usualModel = 'simple-net';
const usualClasses = 2;

const settings = z.strictObject({
  model: modelSetting.default(usualModel).describe('The network, by name or as a list of layers.'),
  classes: z
    .int()
    .min(2)
    .default(usualClasses)
    .describe('Number of classes of a named network, such as the 1,000 of ImageNet.'),
  imageSize: inputSettings.imageSize,
  title: text
    .optional()
    .describe(
      'The title of the drawing; by default the name of a named network, such as SimpleNet.',
    ),
});
export type NetworkSettings = z.output<typeof settings>;

const broughtAlong = (name: string, port: string) =>
  `expected no "${name}", which the file of "${port}" brings along`;
const noClasses = 'expected none beside a list of layers, which ends as it is written';

export const spec = defineKind<NetworkSettings>({
  name: 'network',
  version: 5,
  summary:
    'Counts and draws a network without training it: learnable parameters of its backbone and head, convolutions, additions.',
  settings,
  inputs: {
    network: {
      ...networkPort,
      summary: `Instead of \`model\`, a file whose nodes or layers are listed. ${networkPort.summary}`,
    },
    onnx: {
      ...onnxPort,
      summary: 'The earlier name of `network`, for ONNX files.',
    },
    shards: weightPorts.shards,
  },
  outputs: {
    metrics: output.metrics(
      'JSON: learnable parameters of all, backbone and head, moving statistics, multiply-adds, features, convolutions, modules, additions; of an ONNX file the parameters and multiply-adds.',
    ),
    layers: output.table(
      'CSV, a row for each layer: block, operation, output shape, learnable parameters, multiply-adds; of an ONNX file without block.',
    ),
    drawing: output.images(
      'A drawing of the network, of an ONNX file by its modules: SVG and PNG.',
    ),
  },
  check: ({ model, classes, imageSize }, inputs) => {
    const file = filePortOf(inputs);
    if (file !== undefined) {
      const isTwice = file === 'network' && inputs.has('onnx');
      return [
        ...mistakeIf(isTwice, [], 'either the input `network` or `onnx`, got both'),
        ...mistakeIf(model !== usualModel, ['model'], broughtAlong('model', file)),
        ...mistakeIf(classes !== usualClasses, ['classes'], broughtAlong('classes', file)),
      ];
    }
    return [
      ...modelMistakes(model, imageSize),
      ...mistakeIf(typeof model !== 'string' && classes !== usualClasses, ['classes'], noClasses),
    ];
  },
  contents: networkContents(
    fileNames,
    ['imageSize'],
    async () => (await import('../../src/learning/models/check-networks.ts')).checkListing,
  ),
  example: `xception:
  kind: network
  with: { model: xception-based, imageSize: 256 }
`,
});
