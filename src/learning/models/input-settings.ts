import { z } from 'zod';
import { usualNormalization } from '../vision/pixels-to-floats.ts';
import { fits, kernels } from '../vision/resize-settings.ts';

/** A value for red, green and blue. */
export const triple = z.tuple([z.number(), z.number(), z.number()]);
const positive = z.number().positive();
const positiveTriple = z.tuple([positive, positive, positive]);

/** The settings of how an image becomes a network's input, for kinds that make a model. */
export const inputSettings = {
  imageSize: z
    .int()
    .positive()
    .max(4096)
    .default(256)
    .describe('Pixels a side of the network’s input.'),
  fit: z
    .enum(fits)
    .default('cover')
    .describe(
      'How an image that is not square becomes square: its middle alone (cover), all of it on black (contain), or stretched (fill).',
    ),
  kernel: z.enum(kernels).default('linear').describe('The interpolation kernel of resizing.'),
  normalise: z
    .strictObject({
      mean: triple.default(usualNormalization.mean).describe('Subtracted from each value.'),
      deviation: positiveTriple
        .default(usualNormalization.deviation)
        .describe('The divisor of each difference.'),
    })
    .exactOptional()
    .describe(
      '(value - mean) / deviation for red, green and blue, of values from 0 to 1. By default as the initial weights require; for random weights the constants of CIFAR-10.',
    ),
};

/**
 * The same for kinds where a model or file may bring them along: without defaults, which shows
 * whether they were given.
 */
export const optionalInputSettings = {
  imageSize: inputSettings.imageSize
    .unwrap()
    .exactOptional()
    .describe('Pixels a side of the network’s input; default: 256.'),
  fit: inputSettings.fit
    .unwrap()
    .exactOptional()
    .describe('How an image that is not square becomes square; default: cover, its middle alone.'),
  kernel: inputSettings.kernel
    .unwrap()
    .exactOptional()
    .describe('The interpolation kernel of resizing; default: linear.'),
  normalise: inputSettings.normalise,
};

/** What these are where nothing brings them along. */
export const usualInput = { imageSize: 256, fit: 'cover', kernel: 'linear' } as const;

/** The port of kinds that take a network from elsewhere. */
export const onnxPort = {
  type: 'files',
  optional: true,
  summary:
    'An ONNX file with one input of images, [batch, 3, height, width] or [batch, height, width, 3], as float32.',
} as const;
