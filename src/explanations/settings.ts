import { z } from 'zod';
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
    .default(50)
    .describe('Noisy copies of each image: smooth-grad, smooth-grad-squared, var-grad.'),
  noise: z
    .number()
    .positive()
    .default(0.15)
    .describe("Deviation of their noise, as a share of the image's range of values."),
  steps: z.int().positive().default(50).describe('Points on the path from the baseline: integrated-gradients.'),
  baseline: z
    .enum(['black', 'mean'])
    .default('black')
    .describe('The image that this path begins with: black, or of the mean colour that normalising takes for 0.'),
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

/** What is taken of these where nobody is asked. */
export const explanationDefaults = () => z.strictObject(explanationSettings).parse({});
