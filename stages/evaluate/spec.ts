import { z } from 'zod';
import { defaultNames } from '../../src/default-class-names.ts';
import { confidenceOf, drawsFrom } from '../../src/learning/metrics/intervals/interval-settings.ts';
import {
  factsOfClasses,
  knownClasses,
  metricMissing,
} from '../../src/learning/metrics/known-classes.ts';
import { chosenBy } from '../../src/learning/metrics/metric-catalogue.ts';
import { classSettings } from '../../src/learning/metrics/scores/class-settings.ts';
import {
  unitSetting,
  videoMistakes,
  videoSettings,
} from '../../src/learning/metrics/scores/video-settings.ts';
import { modelContents } from '../../src/learning/models/model-contents.ts';
import { onnxModelPort } from '../../src/learning/models/network-ports.ts';
import { selectionSplit, splitList } from '../../src/learning/training/splits.ts';
import { viewSettings, viewsOf } from '../../src/learning/vision/augment/view-settings.ts';
import {
  corruptionCode,
  corruptionSettings,
} from '../../src/learning/vision/corruptions/corruption-settings.ts';
import { mistakeIf, oneInput } from '../../src/setting-mistakes.ts';
import { count, flag, output } from '../../src/spec-parts.ts';
import { defineKind, type SettingMistake } from '../../src/stage.ts';

const settings = z.strictObject({
  splits: splitList
    .min(1)
    .default(['val', 'test'])
    .describe(
      `Splits to evaluate, in the order of the outputs. If ${selectionSplit} is among them, thresholds and a temperature are fitted to it and applied to the others.`,
    ),
  by: unitSetting('judged', 'images'),
  ...videoSettings,
  corrupt: corruptionSettings
    .exactOptional()
    .describe('A corruption of every image of every class before it is resized; none by default.'),
  testTime: viewSettings
    .exactOptional()
    .describe(
      'Test-time augmentation: the logits of several views of each image are averaged. A table says what they gain over the image alone; one view only by default.',
    ),
  ...classSettings,
  sliceBy: z
    .enum(chosenBy)
    .default('accuracy')
    .describe(
      'The metric by which the worst slice comes first, such as auc; with two sides also recall.',
    ),
  mistakes: flag.describe('Whether to draw a sheet of the most confident mistakes.'),
  labelErrors: flag.describe(
    'Whether to rank images whose label may be wrong; for scores of models that did not see the images, such as those of the folds of a cross-validation.',
  ),
  confidence: confidenceOf('the intervals'),
  draws: drawsFrom(0, '; with 0, only intervals that need none: DeLong’s, and one-sided bounds'),
  batchSize: count.default(32).describe('Images of one forward pass.'),
  seed: z.int().default(7).describe('Seed of the resamples, and of the noise of "corrupt".'),
});
export type EvaluateSettings = z.infer<typeof settings>;

export const spec = defineKind<EvaluateSettings>({
  name: 'evaluate',
  version: 13,
  summary:
    'Scores the images of some splits with a model, or takes scores of any origin, and measures how good they are.',
  settings,
  inputs: {
    model: { type: 'model', summary: 'A trained model.', optional: true },
    onnx: onnxModelPort,
    dataset: {
      type: 'dataset',
      summary: 'Labelled images; resized and normalised as the model was trained.',
      optional: true,
      parts: ({ splits }) => splits,
      // A chart of mistakes shows the images.
      sealed: ({ mistakes }) => (mistakes ? undefined : 'measures'),
      sealedHint: 'Leave `mistakes` out, whose chart shows images.',
    },
    features: {
      type: 'features',
      summary: 'In place of a dataset, for a model that was trained on the same kind of features.',
      optional: true,
      parts: ({ splits }) => splits,
    },
    scores: {
      type: 'scores',
      summary: `In place of a model: CSV key,split,label and score.<class> for each class, or key,split,label,${defaultNames.join()}; with source, group, video and slice.<name> if known. A dataset beside it supplies missing ones, by key. Those of several models in a list, such as of the folds of a cross-validation, are put together; without brackets, as in scores: fit.scores, the matrix is inherited.`,
      optional: true,
      list: true,
      inherits: true,
    },
  },
  outputs: {
    scores: output.scores(
      'CSV key,split,label, score.<class> for each class, source, group, video, slice.<name>: the scores of every image, or of what else is judged, in full precision. A video without images has a line without scores.',
    ),
    metrics: output.metrics(
      'Accuracy, ranking and calibration of every split, class, source and slice, with intervals; thresholds and temperature fitted on val, and their effect on the others.',
    ),
    mistakes: output.chart(
      'The most confident mistakes: images of each class called another.',
      'mistakes',
    ),
    labelErrors: {
      ...output.table(
        'CSV: images that are called another class than their label, the least likely label first.',
        'labelErrors',
      ),
      ofImages: true,
    },
  },
  computes: true,
  code: corruptionCode,
  check: mistakes,
  checkInputs({ sliceBy, positive }, inputs) {
    // A model of sources is also a detector of their two classes.
    const areSides =
      positive !== undefined || knownClasses(inputs, 'dataset').some(({ length }) => length === 2);
    const ports = areSides ? [] : ['model', 'scores'];
    return ports.flatMap((port) => metricMissing(sliceBy, inputs, port, { at: 'sliceBy' }));
  },
  facts: ({ splits }, inputs) => ({
    splits,
    ...factsOfClasses(inputs, 'model'),
    ...factsOfClasses(inputs, 'scores'),
  }),
  contents: modelContents({ port: 'model', needs: 'scores' }),
  example: `evaluate:
  kind: evaluate
  inputs: { model: fit.model, dataset: faces.dataset }
  with: { splits: [train, val, test], mistakes: true }
`,
});

function mistakes(
  settings: EvaluateSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const sources = oneInput(inputs, ['model', 'onnx', 'scores']);
  if (sources.length > 0) return sources;
  const isModel = inputs.has('model') || inputs.has('onnx');
  const images = isModel ? oneInput(inputs, ['dataset', 'features']) : [];
  const { corrupt, testTime } = settings;
  const isFeatures = inputs.has('features');
  const isDataset = inputs.has('dataset');
  const isEmpty = corrupt !== undefined && Object.keys(corrupt).length === 0;
  const corruptions = Object.keys(corruptionSettings.shape).join(', ');
  const isOneView = testTime !== undefined && viewsOf(testTime).length === 1;
  const seen =
    'expected a "model" and a "dataset", since images are corrupted before a model sees them';
  const expected = 'expected a "dataset", which has the images that are shown';
  return [
    ...images,
    ...videoMistakes(settings),
    ...mistakeIf(
      !isModel && isFeatures,
      [],
      'expected no "features" beside "scores", which need no model',
    ),
    ...mistakeIf(isEmpty, ['corrupt'], `expected one or more of ${corruptions}`),
    ...mistakeIf(corrupt !== undefined && !(isModel && isDataset), ['corrupt'], seen),
    ...mistakeIf(isOneView, ['testTime'], 'expected flip: true, crop or scales'),
    ...mistakeIf(
      testTime !== undefined && !(isModel && isDataset),
      ['testTime'],
      'expected a "model" and a "dataset", since the model sees several views of each image',
    ),
    ...mistakeIf(settings.mistakes && !isDataset, ['mistakes'], expected),
  ];
}
