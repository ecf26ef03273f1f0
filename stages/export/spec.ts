import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

/** What a model can be written as. */
const exportFormats = ['onnx', 'tfjs', 'safetensors'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const settings = z.strictObject({
  formats: z
    .array(z.enum(exportFormats))
    .min(1)
    .refine((formats) => new Set(formats).size === formats.length, 'expected every format once')
    .default([...exportFormats])
    .describe('What is written: model.onnx, the folder tfjs, model.safetensors with PyTorch’s names.'),
});
export type ExportSettings = z.infer<typeof settings>;

export const spec = defineKind<ExportSettings>({
  name: 'export',
  version: 1,
  summary: 'Writes a model for other programs: ONNX, tfjs layers, and safetensors as PyTorch lays weights out.',
  settings,
  inputs: { model: { type: 'model', summary: 'A model, as train, select or load-model leave it.' } },
  outputs: {
    files: {
      type: 'files',
      summary: 'A file or folder for each format, and info.json: classes, and how an image becomes the input.',
    },
  },
  example: `files:
  kind: export
  inputs: { model: fit.model }
  with: { formats: [onnx] }
  outputs: { files: artifacts/net }
`,
});
