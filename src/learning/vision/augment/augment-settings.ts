import { z } from 'zod';

const probability = z
  .number()
  .min(0)
  .max(1)
  .default(0.5)
  .describe('The probability that an image is changed.');
const strength = z.number().min(0).max(10).default(0);
const turn = z.number().min(0).max(0.5).default(0);

/**
 * A change that is made only if it is named: it has no default, so that fingerprints and results do
 * not change.
 */
const change = <S extends z.ZodRawShape>(description: string, settings: S) =>
  z
    .strictObject({ probability, ...settings })
    .exactOptional()
    .describe(description);

/** Two ends, the lower first, between which each image's value is drawn uniformly. */
const range = (end: z.ZodNumber, usual: [low: number, high: number], description: string) =>
  z
    .tuple([end, end])
    .refine(([low, high]) => low <= high, 'expected the lower end first')
    .default(usual)
    .describe(description);

/**
 * Random changes of training images, in the order in which they are made; light, since a spec
 * imports it.
 */
export const augmentSettings = z.strictObject({
  crop: z
    .int()
    .nonnegative()
    .default(4)
    .describe('How many black pixels are added to each side before a random crop.'),
  flip: z.boolean().default(true).describe('Mirrors each image with a probability of a half.'),
  colour: change('Changes brightness, contrast, saturation and hue, in random order.', {
    brightness: strength.describe('Multiplies values by a factor from 1 - b to 1 + b, at least 0.'),
    contrast: strength.describe('Multiplies the distances from the mean grey by such a factor.'),
    saturation: strength.describe(
      'Multiplies the distances from each pixel’s own grey by such a factor.',
    ),
    hue: turn.describe('The largest turn of the hues, as a share of the colour circle.'),
  }),
  blur: change('Blurs by a Gaussian.', {
    sigma: range(
      z.number().min(0).max(20),
      [0.1, 2],
      'Standard deviation of the Gaussian in pixels.',
    ),
  }),
  noise: change('Adds noise to every value.', {
    deviation: range(
      z.number().min(0).max(255),
      [0, 8],
      'Standard deviation of the normal noise, in levels of 255.',
    ),
  }),
  downscale: change('Removes detail by reducing and enlarging.', {
    factor: range(
      z.number().min(0.01).max(1),
      [0.5, 1],
      'The share of its sides to which an image is reduced.',
    ),
  }),
  cutout: change('Covers a random place with a black square.', {
    side: range(
      z.number().min(0).max(1),
      [0.1, 0.4],
      'Side of the square as a share of the image’s; the edge may cut it.',
    ),
  }),
  mixup: change(
    'Mixes in another image of the split and its label, by a share of at most a half.',
    {
      alpha: z
        .number()
        .min(0.01)
        .max(100)
        .default(0.2)
        .describe('Shares are drawn from the distribution Beta(alpha, alpha).'),
    },
  ),
  jpeg: change('Compresses as JPEG, after all other changes, and decodes again.', {
    quality: range(z.int().min(1).max(100), [60, 95], 'Quality on the scale of libjpeg.'),
  }),
});
export type AugmentSettings = z.infer<typeof augmentSettings>;
