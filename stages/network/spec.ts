import { z } from 'zod';
import { inputSettings } from '../../src/models/input-settings.ts';
import { modelMistakes, modelSetting } from '../../src/models/model-setting.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  model: modelSetting.default('simple-net').describe('The network, by name or as a list of layers.'),
  imageSize: inputSettings.imageSize,
  title: z.string().min(1).optional().describe('What the drawing is called; by default the network’s name.'),
});
export type NetworkSettings = z.output<typeof settings>;

export const spec = defineKind<NetworkSettings>({
  name: 'network',
  version: 2,
  summary:
    'Counts and draws a network without training it: parameters of its backbone and head, convolutions, additions.',
  settings,
  inputs: {},
  outputs: {
    metrics: {
      type: 'metrics',
      summary: 'JSON: parameters of all, backbone and head, multiply-adds, features, convolutions, modules, additions.',
      extension: '.json',
    },
    layers: {
      type: 'table',
      summary: 'CSV, a row for each layer: block, what it does, what it leaves, parameters, multiply-adds.',
      extension: '.csv',
    },
    drawing: { type: 'images', summary: 'The network, drawn: SVG and PNG.' },
  },
  check: ({ model, imageSize }) => modelMistakes(model, imageSize),
  example: `xception:
  kind: network
  with: { model: xception-based, imageSize: 256 }
`,
});
