import { z } from 'zod';

const probability = z.number().min(0).max(1).default(0.5).describe('The probability that an image is changed.');
const strength = z.number().min(0).max(10).default(0);

/** Two ends, the lower first, between which each image's value is drawn uniformly. */
const range = (end: z.ZodNumber) =>
  z.tuple([end, end]).refine(([low, high]) => low <= high, 'expected the lower end first');

const colour = z.strictObject({
  probability,
  brightness: strength.describe('Multiplies values by a factor from 1 - b to 1 + b, at least 0.'),
  contrast: strength.describe('Multiplies the distances from the mean grey by such a factor.'),
  saturation: strength.describe('Multiplies the distances from each pixel’s own grey by such a factor.'),
  hue: z.number().min(0).max(0.5).default(0).describe('The largest turn of the hues, as a share of the colour circle.'),
});

const blur = z.strictObject({
  probability,
  sigma: range(z.number().min(0).max(20)).default([0.1, 2]).describe('Standard deviation of the Gaussian in pixels.'),
});

const noise = z.strictObject({
  probability,
  deviation: range(z.number().min(0).max(255))
    .default([0, 8])
    .describe('Standard deviation of the normal noise on each value, in levels of 255.'),
});

const downscale = z.strictObject({
  probability,
  factor: range(z.number().min(0.01).max(1))
    .default([0.5, 1])
    .describe('The share of its sides to which an image is reduced before it is enlarged again.'),
});

const cutout = z.strictObject({
  probability,
  side: range(z.number().min(0).max(1))
    .default([0.1, 0.4])
    .describe('Side of the black square as a share of the image’s side; the image’s edge may cut it.'),
});

const mixup = z.strictObject({
  probability,
  alpha: z
    .number()
    .min(0.01)
    .max(100)
    .default(0.2)
    .describe('Parameter of the distribution Beta(alpha, alpha) from which shares are drawn.'),
});

const jpeg = z.strictObject({
  probability,
  quality: range(z.int().min(1).max(100)).default([60, 95]).describe('Quality on the scale of libjpeg.'),
});

/**
 * Random changes of training images, in the order in which they are made; light, since a spec imports it. A new change has no
 * default, so that fingerprints and results do not change.
 */
export const augmentSettings = z.strictObject({
  crop: z.int().nonnegative().default(4).describe('Pads each side with so many black pixels, then crops at random.'),
  flip: z.boolean().default(true).describe('Mirrors each image with a probability of a half.'),
  colour: colour.exactOptional().describe('Changes brightness, contrast, saturation and hue, in random order.'),
  blur: blur.exactOptional().describe('Blurs by a Gaussian.'),
  noise: noise.exactOptional().describe('Adds noise to every value.'),
  downscale: downscale.exactOptional().describe('Removes detail by reducing and enlarging.'),
  cutout: cutout.exactOptional().describe('Covers a random place with a black square.'),
  mixup: mixup
    .exactOptional()
    .describe('Mixes in another image of the split and its label, by a share of at most a half.'),
  jpeg: jpeg.exactOptional().describe('Compresses as JPEG, after all other changes, and decodes again.'),
});
export type AugmentSettings = z.infer<typeof augmentSettings>;
