import { z } from 'zod';

const probability = z
  .number()
  .min(0)
  .max(1)
  .default(0.5)
  .describe('Share of the images that it is done to, by chance.');
const strength = z.number().min(0).max(10).default(0);

/** Two ends, the lower first; each image's value is drawn evenly from between. */
const range = (end: z.ZodNumber) =>
  z.tuple([end, end]).refine(([low, high]) => low <= high, 'expected the lower end first');

const colour = z.strictObject({
  probability,
  brightness: strength.describe('Values times a factor from 1 - b to 1 + b, which is at least 0.'),
  contrast: strength.describe('Distances from the mean grey, by such a factor.'),
  saturation: strength.describe('Distances from the pixel’s own grey, by such a factor.'),
  hue: z.number().min(0).max(0.5).default(0).describe('Share of the colour circle by which hues turn at most.'),
});
export type ColourSettings = z.infer<typeof colour>;

const blur = z.strictObject({
  probability,
  sigma: range(z.number().min(0).max(20)).default([0.1, 2]).describe('Deviation of the Gaussian in pixels.'),
});
export type BlurSettings = z.infer<typeof blur>;

const noise = z.strictObject({
  probability,
  deviation: range(z.number().min(0).max(255))
    .default([0, 8])
    .describe('Of normal noise on each value, in levels of 255.'),
});
export type NoiseSettings = z.infer<typeof noise>;

const downscale = z.strictObject({
  probability,
  factor: range(z.number().min(0.01).max(1))
    .default([0.5, 1])
    .describe('Share of its sides that an image is reduced to, and enlarged from again.'),
});
export type DownscaleSettings = z.infer<typeof downscale>;

const cutout = z.strictObject({
  probability,
  side: range(z.number().min(0).max(1))
    .default([0.1, 0.4])
    .describe('Of the black square, as a share of the image’s side; what lies over the edge is lost.'),
});
export type CutoutSettings = z.infer<typeof cutout>;

const mixup = z.strictObject({
  probability,
  alpha: z.number().min(0.01).max(100).default(0.2).describe('Of the Beta(alpha, alpha) that shares are drawn from.'),
});
export type MixupSettings = z.infer<typeof mixup>;

const jpeg = z.strictObject({
  probability,
  quality: range(z.int().min(1).max(100)).default([60, 95]).describe('As libjpeg counts it.'),
});
export type JpegSettings = z.infer<typeof jpeg>;

/**
 * Random changes of training images, in the order in which they are made; light, since a spec has it. A new one has no
 * default, so that fingerprints and results stay what they were.
 */
export const augmentSettings = z.strictObject({
  crop: z.int().nonnegative().default(4).describe('A random crop after padding each side with so many black pixels.'),
  flip: z.boolean().default(true).describe('Mirrors every second image, by chance.'),
  colour: colour.exactOptional().describe('Brightness, contrast, saturation and hue, in an order of chance.'),
  blur: blur.exactOptional().describe('A Gaussian blur.'),
  noise: noise.exactOptional().describe('Noise, different for each value.'),
  downscale: downscale.exactOptional().describe('Detail is lost by a smaller size.'),
  cutout: cutout.exactOptional().describe('A black square somewhere.'),
  mixup: mixup
    .exactOptional()
    .describe('Another image of the split is mixed in, and its label as much; its share is at most a half.'),
  jpeg: jpeg.exactOptional().describe('Compressed as JPEG, after all else, and decoded again.'),
});
export type AugmentSettings = z.infer<typeof augmentSettings>;
