import { z } from 'zod';
import { formatList } from '../../format-numbers.ts';
import type { SettingMistake } from '../../stage.ts';
import type { Method } from '../attribution/methods.ts';
import { scoreKinds } from '../attribution/question.ts';

/** The settings that kinds share which explain a model's scores. Light, for their specs. */
export const explanationSettings = {
  class: z
    .string()
    .min(1)
    .default('label')
    .describe(
      'The class whose score is explained: of the image (label), of the prediction (predicted), or one by name.',
    ),
  score: z
    .enum(scoreKinds)
    .default('score')
    .describe("What is explained: the class's own score before the softmax, or its margin over the other's."),
  samples: z
    .int()
    .positive()
    .exactOptional()
    .describe('Noisy copies of each image: smooth-grad, smooth-grad-squared, var-grad; 50 when left out.'),
  noise: z
    .number()
    .positive()
    .exactOptional()
    .describe("Deviation of their noise, as a share of the image's range of values; 0.15 when left out."),
  steps: z
    .int()
    .positive()
    .exactOptional()
    .describe('Points on the path from the baseline: integrated-gradients; 50 when left out.'),
  baseline: z
    .enum(['black', 'mean'])
    .exactOptional()
    .describe(
      'The image that this path begins with: black, as when left out, or of the mean colour that normalising takes for 0.',
    ),
  layer: z
    .string()
    .min(1)
    .exactOptional()
    .describe('The convolution that class activation maps are taken from, by its name; the last when left out.'),
  batchSize: z.int().positive().default(32).describe('Images of one pass through the network.'),
  seed: z.int().default(7).describe('Decides what is drawn: images, noise, random weights.'),
};

/** How many images of a split are explained, where it may be all of them. */
export const surveyedImages = z
  .int()
  .min(2)
  .exactOptional()
  .describe(
    'How many images of the split are explained, drawn by the seed, half of each class, more of one where the other has fewer; all when left out.',
  );

/** What methods take of the settings that are theirs alone. These have no defaults, so that what is written can be told. */
export const methodDefaults = { samples: 50, noise: 0.15, steps: 50, baseline: 'black' } as const;

const smoothing: readonly Method[] = ['smooth-grad', 'smooth-grad-squared', 'var-grad'];
const heeding: Readonly<Record<keyof typeof methodDefaults, readonly Method[]>> = {
  samples: smoothing,
  noise: smoothing,
  steps: ['integrated-gradients'],
  baseline: ['integrated-gradients'],
};

/** The mistakes of settings that none of the methods heeds. */
export function unheeded(given: object, methods: readonly Method[]): readonly SettingMistake[] {
  const who = methods.length === 1 ? `the method "${methods[0]}" does not heed` : 'none of the methods heeds';
  return Object.entries(heeding)
    .filter(([setting, owners]) => Object.hasOwn(given, setting) && !methods.some((method) => owners.includes(method)))
    .map(([setting, owners]) => ({
      at: [setting],
      message: `${who} "${setting}", which is a setting of ${formatList(owners)}`,
    }));
}

/** What is taken of these where nobody is asked. */
export const explanationDefaults = () => ({ ...methodDefaults, ...z.strictObject(explanationSettings).parse({}) });
