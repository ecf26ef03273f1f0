import { z } from 'zod';
import { modelContents } from '../../src/learning/models/model-contents.ts';
import { onnxModelPort } from '../../src/learning/models/network-ports.ts';
import { mistakeIf, oneInput } from '../../src/setting-mistakes.ts';
import { flag, output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const usualFormats = ['onnx', 'tfjs', 'safetensors'] as const;
const exportFormats = [...usualFormats, 'page'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const settings = z.strictObject({
  formats: uniqueList(z.enum(exportFormats), 'format')
    .min(1)
    .default([...usualFormats])
    .describe(
      'Formats to write: model.onnx, the folder tfjs, model.safetensors with PyTorch’s names, and model.html, a page that scores images in a browser, offline.',
    ),
  layout: z
    .enum(['NHWC', 'NCHW'])
    .default('NHWC')
    .describe(
      'The order of an image’s axes in ONNX: [batch, height, width, 3], or [batch, 3, height, width].',
    ),
  quantize: z
    .literal('int8')
    .exactOptional()
    .describe(
      'Weights of convolutions and matrix products in ONNX as 8-bit integers with a scale for each output channel: a quarter of the size. Computation stays in float32. Without it, float32.',
    ),
  title: z
    .string()
    .min(1)
    .exactOptional()
    .describe('The heading of the page; by default the name of the network.'),
  softmax: flag.describe('Whether ONNX ends with probabilities in place of logits.'),
});
export type ExportSettings = z.infer<typeof settings>;

export const spec = defineKind<ExportSettings>({
  name: 'export',
  version: 2,
  summary:
    'Writes a model for other programs: ONNX, tfjs layers, safetensors in PyTorch’s layout, and a page for browsers.',
  settings,
  inputs: {
    model: {
      type: 'model',
      summary: 'A model of train, select or load-model.',
      optional: true,
    },
    onnx: onnxModelPort,
    scores: {
      type: 'scores',
      summary:
        'Scores of the model for val, to which the page fits the temperature of its probabilities. Without it, it says that they are not calibrated.',
      optional: true,
    },
    metrics: {
      type: 'metrics',
      summary: 'What evaluate measured of the model; the page shows accuracy, AUC and F1 of test.',
      optional: true,
    },
  },
  outputs: {
    files: output.files(
      'A file or folder for each format, and info.json: classes, and how to preprocess an image.',
    ),
  },
  check: ({ quantize, formats, title }, inputs) => [
    ...oneInput(inputs, ['model', 'onnx']),
    ...mistakeIf(
      quantize !== undefined && !formats.includes('onnx'),
      ['quantize'],
      'expected "onnx" among the formats, whose weights it rounds',
    ),
    ...mistakeIf(
      title !== undefined && !formats.includes('page'),
      ['title'],
      'expected "page" among the formats, which it is the heading of',
    ),
    ...['scores', 'metrics'].flatMap((port) =>
      mistakeIf(
        inputs.has(port) && !formats.includes('page'),
        [],
        `${port} is for the format page alone: add "page" to formats`,
      ),
    ),
  ],
  contents: modelContents({ port: 'model', needs: 'layers' }),
  example: `files:
  kind: export
  inputs: { model: fit.model }
  with: { formats: [onnx] }
  outputs: { files: artifacts/net }
`,
});
