import { z } from 'zod';
import { baselineNames } from '../../src/learning/attribution/faithfulness/baseline-image.ts';
import { type Method, methods } from '../../src/learning/attribution/methods.ts';
import {
  explanationSettings,
  methodList,
  splitSettings,
  subjectInputs,
  subjectMistakes,
  unusedSettings,
} from '../../src/learning/explanations/explanation-settings.ts';
import { drawsFrom } from '../../src/learning/metrics/intervals/interval-settings.ts';
import { modelContents } from '../../src/learning/models/model-contents.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { flag, output, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

/** A method that knows nothing of the decision: every method is compared with it. */
export const control = 'random-cam' satisfies Method;

export const defaultWeightDraws = 5;
const noDraws = 'no weights are drawn without "randomise: true"';

const settings = z.strictObject({
  ...splitSettings,
  method: methodList(methods)
    .refine(
      (names) => !names.includes(control),
      `expected no ${control}: it is the control, and always there`,
    )
    .prefault(['gradient', 'integrated-gradients', 'grad-cam', 'hires-cam', 'score-cam'])
    .describe(`One method or several to judge, each against the control ${control}.`),
  images: whole(4)
    .default(32)
    .describe(
      'How many images are explained, equally many of each class if possible, drawn by the seed.',
    ),
  ...explanationSettings,
  class: explanationSettings.class
    .default('predicted')
    .describe(
      'The class that maps explain and whose probability the curves follow: the predicted one, since the question is why the network decided as it did, right or wrong; label, or a name.',
    ),
  curveBaseline: z
    .enum(baselineNames)
    .default('blur')
    .describe(
      'What replaces the pixels that are not shown: the blurred image, its mean colour, or its pixels shuffled.',
    ),
  curveSteps: whole(2)
    .default(32)
    .describe(
      'Number of equal shares of the pixels that are inserted or deleted one after another.',
    ),
  randomise: flag.describe(
    'Whether maps are also made with randomised weights, layer by layer from the logits down.',
  ),
  weightDraws: whole(1)
    .exactOptional()
    .describe(
      `With \`randomise\`, how many draws of all weights are averaged, since a single one says little; each makes all maps once more. ${defaultWeightDraws} by default.`,
    ),
  draws: drawsFrom(100),
});
export type FaithfulnessSettings = z.output<typeof settings>;

export const spec = defineKind<FaithfulnessSettings>({
  name: 'faithfulness',
  version: 11,
  summary:
    'Tests whether maps mean anything: whether the pixels that they highlight drive the decision (insertion and deletion), and ' +
    'whether they depend on the weights; each method against a control that knows nothing of the decision.',
  settings,
  inputs: subjectInputs,
  outputs: {
    curves: output.chart('The probability of the class while pixels are inserted, and deleted.'),
    ranking: output.chart('The methods ranked by their margin over the control, with intervals.'),
    randomisation: output.chart(
      'Similarity of the maps to the original ones as more and more layers are randomised.',
      'randomise',
    ),
    metrics: output.metrics(
      'JSON: areas, margin over the control and similarity after randomisation, for each method.',
    ),
    table: output.table('CSV: the methods by rank, every number with its interval.'),
  },
  computes: true,
  check: (given, inputs) => [
    ...subjectMistakes(inputs),
    ...unusedSettings(given, given.method),
    ...mistakeIf(given.weightDraws !== undefined && !given.randomise, ['weightDraws'], noDraws),
  ],
  contents: modelContents({ port: 'model', needs: 'layers' }),
  example: `faithful:
  kind: faithfulness
  inputs: { model: fit.model, dataset: faces.dataset }
  with: { method: [gradient, guided-backprop, grad-cam], randomise: true }
`,
});
