import { z } from 'zod';
import { count, output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  batchSize: count.default(32).describe('Images of one forward pass.'),
});
export type PredictSettings = z.infer<typeof settings>;

export const spec = defineKind<PredictSettings>({
  name: 'predict',
  version: 3,
  summary:
    'Scores images that have no labels, and shows those that the model is most and least certain of.',
  settings,
  inputs: {
    model: { type: 'model', summary: 'A trained model of images.' },
    images: {
      type: ['files', 'images'],
      summary: 'A folder of images, in folders of any depth.',
      sealed: () => 'measures',
    },
  },
  outputs: {
    scores: output.scores(
      'CSV key,split and score.<class> for each class, without labels; the split is "new". With a dataset of the same keys, evaluate measures them.',
    ),
    summary: output.metrics(
      'JSON: images, and how many are called each class with what mean probability.',
    ),
    sheet: output.chart(
      'The images of each class that are most certain, and the least certain of all.',
    ),
  },
  computes: true,
  example: `new:
  kind: predict
  inputs: { model: fit.model, images: photos/unsorted }
`,
});
