import { z } from 'zod';
import { activations, paddings } from './layer.ts';

/** Layers that need nothing but their name. */
const words = ['relu', 'batchNorm', 'flatten', 'globalAveragePool'] as const;

const count = z
  .int()
  .positive()
  .max(1 << 20);
const share = z.number().min(0).lt(1);
const option = {
  kernel: count.optional().describe('Pixels a side of the kernel; 3.'),
  stride: count.optional().describe('Pixels from one window to the next; 1, of a pooling its size.'),
  padding: z
    .enum(paddings)
    .optional()
    .describe('Windows stay inside the image (valid, the default), or it is surrounded by zeros (same).'),
  bias: z.boolean().optional().describe('Whether a number is added to each output; true.'),
  name: z
    .string()
    .regex(/^[\w./-]{1,100}$/)
    .optional()
    .describe('What tables, weights and messages call the layer; its kind and number.'),
};
const { kernel, stride, padding, bias, name } = option;

const plainForms = [
  z.strictObject({ conv: count.describe('Filters of a convolution.'), kernel, stride, padding, bias, name }),
  z.strictObject({
    separableConv: count.describe('Filters of a convolution of each channel by itself, then of 1 x 1 over all.'),
    kernel,
    stride,
    padding,
    bias,
    name,
  }),
  z.strictObject({ maxPool: count.describe('Pixels a side of the window.'), stride, padding, name }),
  z.strictObject({ averagePool: count.describe('Pixels a side of the window.'), stride, padding, name }),
  z.strictObject({
    batchNorm: z.literal(true),
    momentum: share.optional().describe('Share of the old moving mean and variance that a step keeps; 0.9.'),
    epsilon: z.number().positive().optional().describe('Added to the variance; 0.00001.'),
    name,
  }),
  z.strictObject({ activation: z.enum(activations), name }),
  z.strictObject({ dropout: share.describe('Share of values that a training step sets to 0.'), name }),
  z.strictObject({ flatten: z.literal(true), name }),
  z.strictObject({ globalAveragePool: z.literal(true), name }),
  z.strictObject({ dense: count.describe('Outputs of a layer that sees all its inputs.'), bias, name }),
] as const;

const keys =
  'conv, separableConv, maxPool, averagePool, batchNorm, activation, dropout, flatten, globalAveragePool, dense';
const plainItem = z.union([z.enum(words), ...plainForms], {
  error: `a layer of a block (${words.join(', ')}, or a map with one of ${keys})`,
});
export type PlainItem = z.infer<typeof plainItem>;

const residualItem = z.strictObject({
  residual: z.array(plainItem).min(1).max(100).describe('Layers whose result is added to what goes into them.'),
  shortcut: z
    .array(plainItem)
    .max(100)
    .optional()
    .describe('Layers on the way around, where the block changes the size or the number of channels.'),
  name,
});
export type ResidualItem = z.infer<typeof residualItem>;

/**
 * A layer as it is written in a list: `relu`, `{ conv: 8, kernel: 5 }`, `{ residual: [ … ] }`. What is left out gets its
 * default when the list is read into layers, not here, so that a new option leaves fingerprints as they are.
 */
export const layerItem = z.union([z.enum(words), ...plainForms, residualItem], {
  error: `a layer (${words.join(', ')}, or a map with one of ${keys}, residual)`,
});
export type LayerItem = z.infer<typeof layerItem>;
