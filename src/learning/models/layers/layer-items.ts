import { z } from 'zod';
import { activations, paddings } from './layer.ts';

/** Layers that need only their name. */
const words = ['relu', 'batchNorm', 'flatten', 'globalAveragePool'] as const;

const count = z
  .int()
  .positive()
  .max(1 << 20);
const share = z.number().min(0).lt(1);
const kernel = count.optional().describe('Pixels a side of the kernel; 3.');
const stride = count
  .optional()
  .describe('Pixels from one window to the next; 1, or the size of a pooling window.');
const padding = z
  .enum(paddings)
  .optional()
  .describe(
    'Windows stay inside the image (valid, the default), or the image is padded with zeros (same).',
  );
const bias = z.boolean().optional().describe('Whether a number is added to each output; true.');
const name = z
  .string()
  .regex(/^[\w./-]{1,100}$/)
  .optional()
  .describe('The name in tables, weights and messages; its kind and number when left out.');

const plainForms = [
  z.strictObject({
    conv: count.describe('Filters of a convolution.'),
    kernel,
    stride,
    padding,
    bias,
    name,
  }),
  z.strictObject({
    separableConv: count.describe(
      'Filters of a convolution of each channel by itself, then of 1 x 1 over all.',
    ),
    kernel,
    stride,
    padding,
    bias,
    name,
  }),
  z.strictObject({
    maxPool: count.describe('Pixels a side of the window.'),
    stride,
    padding,
    name,
  }),
  z.strictObject({
    averagePool: count.describe('Pixels a side of the window.'),
    stride,
    padding,
    name,
  }),
  z.strictObject({
    batchNorm: z.literal(true),
    momentum: share
      .optional()
      .describe('Share of the old moving mean and variance that a step keeps; 0.9.'),
    epsilon: z.number().positive().optional().describe('Added to the variance; 0.00001.'),
    name,
  }),
  z.strictObject({ activation: z.enum(activations), name }),
  z.strictObject({
    dropout: share.describe('Share of values that a training step sets to 0.'),
    name,
  }),
  z.strictObject({ flatten: z.literal(true), name }),
  z.strictObject({ globalAveragePool: z.literal(true), name }),
  z.strictObject({
    dense: count.describe('Outputs of a layer that sees all its inputs.'),
    bias,
    name,
  }),
] as const;

const keys = plainForms.map(({ shape }) => Object.keys(shape)[0]).join(', ');
const plainItem = z.union([z.enum(words), ...plainForms], {
  error: `a layer of a block (${words.join(', ')}, or a map with one of ${keys})`,
});
export type PlainItem = z.infer<typeof plainItem>;

const residualItem = z.strictObject({
  residual: z
    .array(plainItem)
    .min(1)
    .max(100)
    .describe('Layers whose output is added to their input.'),
  shortcut: z
    .array(plainItem)
    .max(100)
    .optional()
    .describe(
      'Layers on the path around the block, where it changes the size or the number of channels.',
    ),
  name,
});
export type ResidualItem = z.infer<typeof residualItem>;

/**
 * A layer of a list: `relu`, `{ conv: 8, kernel: 5 }`. Defaults are filled in later, so that a new
 * one keeps fingerprints.
 */
export const layerItem = z.union([z.enum(words), ...plainForms, residualItem], {
  error: `a layer (${words.join(', ')}, or a map with one of ${keys}, residual)`,
});
export type LayerItem = z.infer<typeof layerItem>;
