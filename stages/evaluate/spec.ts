import { z } from 'zod';
import { oneInput } from '../../src/one-input.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  splits: z
    .array(z.string())
    .min(1)
    .refine((splits) => new Set(splits).size === splits.length, 'expected every split once')
    .default(['val', 'test'])
    .describe('Splits to evaluate, in the order of the outputs.'),
  batchSize: z.int().positive().default(32).describe('Images of one forward pass.'),
});
export type EvaluateSettings = z.infer<typeof settings>;

export const spec = defineKind<EvaluateSettings>({
  name: 'evaluate',
  version: 1,
  summary: 'Scores every image of some splits with a model, and says how right it is.',
  settings,
  inputs: {
    model: { type: 'model', summary: 'A trained model.' },
    dataset: {
      type: 'dataset',
      summary: 'Images of two classes, real first; resized and normalised as the model was trained.',
      optional: true,
      parts: ({ splits }) => splits,
    },
    features: {
      type: 'features',
      summary: 'In place of a dataset, for a model that was trained on features of the same sort.',
      optional: true,
      parts: ({ splits }) => splits,
    },
  },
  outputs: {
    scores: {
      type: 'scores',
      summary: 'CSV key,split,label,real,fake: the two logits of every image in full precision.',
      extension: '.csv',
    },
    metrics: {
      type: 'metrics',
      summary: 'Of every split: images, accuracy, majority-class accuracy, loss, AUC and confusion.',
      extension: '.json',
    },
  },
  computes: true,
  check: (_, inputs) => oneInput(inputs, ['dataset', 'features']),
  example: `evaluate:
  kind: evaluate
  inputs: { model: fit.model, dataset: faces.dataset }
  with: { splits: [train, val, test] }
`,
});
