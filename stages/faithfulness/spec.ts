import { z } from 'zod';
import { baselineNames } from '../../src/learning/attribution/faithfulness/baseline-names.ts';
import { type Method, methods } from '../../src/learning/attribution/methods.ts';
import { explanationSettings, unheeded } from '../../src/learning/explanations/explanation-settings.ts';
import { defaultDraws } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { defineKind } from '../../src/stage.ts';

/** Does not know why the network decided: what every method is held against. */
export const control = 'random-cam' satisfies Method;

/** How often all weights are drawn anew, where nothing else is asked. */
export const defaultWeightDraws = 5;

const method = z.enum(methods);

const settings = z.strictObject({
  split: z.string().min(1).default('test').describe('The split whose images are explained.'),
  method: z
    .union([method.transform((one) => [one]), z.array(method).min(1)])
    .refine((names) => new Set(names).size === names.length, 'expected every method once')
    .refine((names) => !names.includes(control), `expected no ${control}: it is the control, and always there`)
    .prefault(['gradient', 'integrated-gradients', 'grad-cam', 'hires-cam', 'score-cam'])
    .describe(`One method or several that are judged, each against ${control}.`),
  images: z
    .int()
    .min(4)
    .default(32)
    .describe('How many images are drawn, half of each class; more of one where the other has fewer.'),
  ...explanationSettings,
  class: explanationSettings.class
    .default('predicted')
    .describe(
      'The class that maps explain and whose probability the curves follow: predicted, since they ask what made the network decide as it did, right or wrong; label, or one by name.',
    ),
  curveBaseline: z
    .enum(baselineNames)
    .default('blur')
    .describe(
      'What stands where an image is not shown: the image blurred, its mean colour, or its own pixels in an order of chance.',
    ),
  curveSteps: z
    .int()
    .min(2)
    .default(32)
    .describe('Equal shares of the pixels that are inserted or deleted one after another.'),
  randomise: z
    .boolean()
    .default(false)
    .describe('Whether maps are made again with weights drawn anew, layer after layer from the logits down.'),
  weightDraws: z
    .int()
    .min(1)
    .exactOptional()
    .describe(
      `With \`randomise\`, how many draws of all weights count, since one says little; each makes all maps once more. ${defaultWeightDraws} when left out.`,
    ),
  confidence: z.number().gt(0).lt(1).default(0.95).describe('Of all intervals, and of calling a method better.'),
  draws: z
    .int()
    .min(100)
    .default(defaultDraws)
    .describe('How often images (or whole groups) are drawn anew for intervals.'),
  title: z
    .string()
    .min(1)
    .optional()
    .describe('Stands before the finding in the titles; by default the values of the matrix do.'),
});
export type FaithfulnessSettings = z.output<typeof settings>;

export const spec = defineKind<FaithfulnessSettings>({
  name: 'faithfulness',
  version: 6,
  summary:
    'Says whether maps mean something: whether the pixels that they name decide, by insertion and deletion, and whether they ' +
    'follow the weights, each method against one that knows nothing.',
  settings,
  inputs: {
    model: { type: 'model', summary: 'A model trained on images.', labelled: true },
    dataset: {
      type: 'dataset',
      summary: 'Images of two classes, real first; resized and normalised as the model was trained.',
      parts: ({ split }) => [split],
    },
  },
  outputs: {
    curves: { type: 'chart', summary: 'The probability of the class while pixels are inserted, and deleted.' },
    ranking: { type: 'chart', summary: 'The methods by how far they are above the control, with intervals.' },
    randomisation: {
      type: 'chart',
      summary: 'How like a map is to what it was, as ever more layers have weights drawn anew.',
      when: 'randomise',
    },
    metrics: {
      type: 'metrics',
      summary: 'JSON: of each method its areas, what it is above the control, and the likeness that it keeps.',
      extension: '.json',
    },
    table: { type: 'table', summary: 'CSV: the methods by rank, every number with its interval.', extension: '.csv' },
  },
  computes: true,
  check: (given) => [
    ...unheeded(given, given.method),
    ...(given.weightDraws !== undefined && !given.randomise
      ? [{ at: ['weightDraws'], message: 'no weights are drawn without "randomise: true"' }]
      : []),
  ],
  example: `faithful:
  kind: faithfulness
  inputs: { model: fit.model, dataset: faces.dataset }
  with: { method: [gradient, guided-backprop, grad-cam], randomise: true }
`,
});
