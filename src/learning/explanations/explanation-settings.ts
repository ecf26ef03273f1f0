import { z } from 'zod';
import { formatList } from '../../format-numbers.ts';
import { oneInput } from '../../setting-mistakes.ts';
import { count, text, whole } from '../../spec-parts.ts';
import type { InputPort, SettingMistake } from '../../stage.ts';
import { uniqueList } from '../../unique-list.ts';
import {
  type Method,
  type MethodSetting,
  methodDefaults,
  methodsWith,
} from '../attribution/methods.ts';
import { scoreKinds } from '../attribution/questions/question.ts';
import { confidenceOf, drawsFrom } from '../metrics/intervals/interval-settings.ts';
import { onnxModelPort } from '../models/network-ports.ts';

/** Settings of every kind that explains the scores of a model. Light, for their specs. */
export const explanationSettings = {
  class: text
    .default('label')
    .describe(
      "The class whose score is explained: the image's own (label), the predicted one (predicted), or a name.",
    ),
  score: z
    .enum(scoreKinds)
    .default('score')
    .describe(
      "The score that is explained: the class's own before the softmax, or its margin over the log-sum-exp of the others.",
    ),
  samples: count
    .exactOptional()
    .describe(
      `Noisy copies of each image, for smooth-grad, smooth-grad-squared and var-grad; ${methodDefaults.samples} by default.`,
    ),
  noise: z
    .number()
    .positive()
    .exactOptional()
    .describe(
      `Standard deviation of the noise in each copy, as a share of the image's range of values; ${methodDefaults.noise} by default.`,
    ),
  steps: count
    .exactOptional()
    .describe(
      `Points on the path from the baseline to the image, for integrated-gradients; ${methodDefaults.steps} by default.`,
    ),
  baseline: z
    .enum(['black', 'mean'])
    .exactOptional()
    .describe(
      'Where the path of integrated-gradients starts: a black image (the default), or one of the mean colour, normalised to 0.',
    ),
  layer: text
    .exactOptional()
    .describe(
      'The convolution or layer of tokens that class activation maps are taken from, by name; by default the last convolution, of an ONNX file the last feature maps, in a transformer the input of the last attention.',
    ),
  batchSize: count.default(32).describe('Images of one forward pass.'),
  seed: z.int().default(7).describe('Seed of everything random: images, noise, random weights.'),
};

const explanation = z.strictObject(explanationSettings);

/** All of these settings, defaults filled in. */
export type ExplanationSettings = z.output<typeof explanation> & {
  readonly [K in Exclude<MethodSetting, 'baseline'>]: number;
} & { readonly baseline: 'black' | 'mean' };

export const explanationDefaults = (): ExplanationSettings => ({
  ...methodDefaults,
  ...explanation.parse({}),
});

/** Settings of every kind that explains the images of a split. */
export const splitSettings = {
  split: text.default('test').describe('The split whose images are explained.'),
  confidence: confidenceOf('the intervals'),
  draws: drawsFrom(0, '; 0 for none'),
  title: text
    .exactOptional()
    .describe(
      'Beginning of the titles; by default the method, the split and the axis values of the model.',
    ),
};

/** Settings of every kind that measures maps over a split. */
export const surveySettings = {
  ...splitSettings,
  images: whole(2)
    .exactOptional()
    .describe(
      'How many images are explained, equally many of each class if possible, drawn by the seed; all by default.',
    ),
  untrained: z
    .boolean()
    .default(true)
    .describe(
      'Whether an untrained network of the same shape is measured too, which doubles the time.',
    ),
};

/** One method or several. */
export const methodList = <Name extends Method>(names: readonly Name[]) => {
  const method = z.enum(names);
  return z.union([method.transform((name) => [name]), uniqueList(method, 'method').min(1)]);
};

/** The inputs of kinds that explain one model. */
export const subjectInputs = {
  model: { type: 'model', summary: 'A model trained on images.', labelled: true, optional: true },
  onnx: { ...onnxModelPort, labelled: true },
  dataset: {
    type: 'dataset',
    summary: 'Labelled images; resized and normalised as the model was trained.',
    parts: ({ split }) => [split],
  },
} as const satisfies Readonly<Record<string, InputPort<{ readonly split: string }>>>;

/** The tables of faces of kinds that say in which part of a face a map lies. */
export const facesInput = {
  type: 'table',
  summary:
    'The table `faces` of the images, as the kind faces writes it: maps are then divided by eyes, nose, mouth, forehead and cheeks.',
  optional: true,
} as const satisfies InputPort;

/** The mistake of a stage that explains no model, or two. */
export const subjectMistakes = (inputs: ReadonlySet<string>): readonly SettingMistake[] =>
  oneInput(inputs, ['model', 'onnx']);

/** The mistakes of settings that no chosen method uses. */
export function unusedSettings(
  given: object,
  methods: readonly Method[],
): readonly SettingMistake[] {
  const who =
    methods.length === 1 ? `the method "${methods[0]}" does not use` : 'none of the methods uses';
  return (Object.keys(methodDefaults) as MethodSetting[])
    .map((setting) => ({ setting, owners: methodsWith(setting) }))
    .filter(
      ({ setting, owners }) =>
        Object.hasOwn(given, setting) && !methods.some((method) => owners.includes(method)),
    )
    .map(({ setting, owners }) => ({
      at: [setting],
      message: `${who} "${setting}", which is a setting of ${formatList(owners)}`,
    }));
}
