import { z } from 'zod';
import { videoMistakes, videoSettings } from '../../src/learning/metrics/scores/video-settings.ts';
import { modelContents } from '../../src/learning/models/model-contents.ts';
import { onnxModelPort } from '../../src/learning/models/network-ports.ts';
import { oneInput } from '../../src/setting-mistakes.ts';
import { count, output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const settings = z.strictObject({
  batchSize: count.default(32).describe('Images of one forward pass.'),
  by: z
    .enum(['image', 'video'])
    .default('image')
    .describe(
      'What is scored: images, or the videos of a data set by the `aggregate` of their images.',
    ),
  aggregate: videoSettings.aggregate,
  pictures: z
    .boolean()
    .default(true)
    .describe(
      'Whether the charts show images. Without, they have names and probabilities alone; only so are sealed images scored.',
    ),
});
export type PredictSettings = z.infer<typeof settings>;

const whenVideos = { setting: 'by', is: 'video' } as const;

export const spec = defineKind<PredictSettings>({
  name: 'predict',
  version: 4,
  summary:
    'Scores images or videos that have no labels, and shows the images that the model is most and least certain of.',
  settings,
  inputs: {
    model: { type: 'model', summary: 'A trained model of images.', optional: true },
    onnx: onnxModelPort,
    images: {
      type: ['files', 'images', 'dataset'],
      summary:
        'A folder of images, in folders of any depth, or a data set, such as of `faces`, whose labels are not read.',
      // Charts with pictures show the images.
      sealed: ({ pictures }) => (pictures ? undefined : 'measures'),
      sealedHint: 'Set `pictures: false`, so that the charts show no image.',
    },
  },
  outputs: {
    scores: output.scores(
      'CSV key,split and score.<class> for each class, without labels; the split is "new". With a dataset of the same keys, evaluate measures them. Of videos, a line has the probabilities of one.',
    ),
    summary: {
      ...output.metrics(
        'JSON: images, and how many are called each class with what mean probability; of videos also each with its highest and lowest image.',
      ),
      ofImages: true,
    },
    sheet: {
      ...output.chart(
        'The images of each class that are most certain, and the least certain of all.',
      ),
      ofImages: true,
    },
    frames: {
      ...output.table(
        'With `by: video`: CSV, a row for each image with its video, frame, time and probabilities.',
        whenVideos,
      ),
      ofImages: true,
    },
    timeline: {
      ...output.chart(
        'With `by: video`: the probability over the time of each video, with the images where it is highest and lowest.',
        whenVideos,
      ),
      ofImages: true,
    },
  },
  computes: true,
  check: (given, inputs) => [
    ...oneInput(inputs, ['model', 'onnx']),
    ...videoMistakes({ ...given, missing: 0.5 }),
  ],
  contents: modelContents({ port: 'model', needs: 'scores' }),
  example: `new:
  kind: predict
  inputs: { model: fit.model, images: photos/unsorted }
`,
});
