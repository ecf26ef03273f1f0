import { z } from 'zod';
import { modelContents } from '../../src/learning/models/model-contents.ts';
import { onnxModelPort } from '../../src/learning/models/network-ports.ts';
import { mistakeIf, oneInput } from '../../src/setting-mistakes.ts';
import { flag, output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

const exportFormats = ['onnx', 'tfjs', 'safetensors'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const settings = z.strictObject({
  formats: uniqueList(z.enum(exportFormats), 'format')
    .min(1)
    .default([...exportFormats])
    .describe(
      'Formats to write: model.onnx, the folder tfjs, model.safetensors with PyTorch’s names.',
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
  softmax: flag.describe('Whether ONNX ends with probabilities in place of logits.'),
});
export type ExportSettings = z.infer<typeof settings>;

export const spec = defineKind<ExportSettings>({
  name: 'export',
  version: 1,
  summary:
    'Writes a model for other programs: ONNX, tfjs layers, and safetensors in PyTorch’s layout.',
  settings,
  inputs: {
    model: {
      type: 'model',
      summary: 'A model of train, select or load-model.',
      optional: true,
    },
    onnx: onnxModelPort,
  },
  outputs: {
    files: output.files(
      'A file or folder for each format, and info.json: classes, and how to preprocess an image.',
    ),
  },
  check: ({ quantize, formats }, inputs) => [
    ...oneInput(inputs, ['model', 'onnx']),
    ...mistakeIf(
      quantize !== undefined && !formats.includes('onnx'),
      ['quantize'],
      'expected "onnx" among the formats, whose weights it rounds',
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
