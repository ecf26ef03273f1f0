import { z } from 'zod';
import { activations, paddings, scalings } from './layer.ts';

/** Layers that need only their name. */
const words = [
  'relu',
  'relu6',
  'hardSwish',
  'gelu',
  'batchNorm',
  'layerNorm',
  'flatten',
  'globalAveragePool',
  'pixel',
  'tokens',
  'classToken',
  ...scalings,
] as const;

const count = z
  .int()
  .positive()
  .max(1 << 20);
const border = z.int().nonnegative().max(1024);
const share = z.number().min(0).lt(1);
const sides = z.union([count, z.tuple([count, count])], {
  error: 'pixels a side, or [height, width]',
});
const kernel = sides.optional().describe('Pixels a side of the kernel, or its [height, width]; 3.');
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
    depthwiseConv: sides.describe(
      'A convolution of each channel by itself: pixels a side of the kernel, or [height, width].',
    ),
    stride,
    padding,
    bias,
    name,
  }),
  z.strictObject({
    zeroPad: z
      .union([border, z.tuple([border, border, border, border])], {
        error: 'pixels on every side, or [top, right, bottom, left]',
      })
      .describe('Rows and columns of zeros on every side, or [top, right, bottom, left].'),
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
  z.strictObject({
    layerNorm: z.literal(true),
    epsilon: z.number().positive().optional().describe('Added to the variance; 0.00001.'),
    name,
  }),
  z.strictObject({
    layerScale: z.number().describe('A learned factor for each channel, which begins with this.'),
    name,
  }),
  z.strictObject({ activation: z.enum(activations), name }),
  z.strictObject({
    dropout: share.describe('Share of values that a training step sets to 0.'),
    name,
  }),
  z.strictObject({ flatten: z.literal(true), name }),
  z.strictObject({ globalAveragePool: z.literal(true), name }),
  z.strictObject({ pixel: z.literal(true), name }),
  z.strictObject({ tokens: z.literal(true), name }),
  z.strictObject({
    attention: z
      .int()
      .positive()
      .max(1024)
      .describe('Heads of a self-attention, among which the channels are shared.'),
    name,
  }),
  z.strictObject({ classToken: z.literal(true), name }),
  z.strictObject({
    dense: count.describe('Outputs of a layer that sees all its inputs.'),
    pixelwise: z
      .boolean()
      .optional()
      .describe('Of an image: whether it sees the channels of each pixel by itself; false.'),
    bias,
    name,
  }),
] as const;

const keys = plainForms.map(({ shape }) => Object.keys(shape)[0]).join(', ');
const plainItem = z.union([z.enum(words), ...plainForms], {
  error: `a layer without layers inside (${words.join(', ')}, or a map with one of ${keys})`,
});
/** A layer without layers inside. */
export type PlainItem = z.infer<typeof plainItem>;

/** A block with layers inside, which may be blocks, too. */
export type BlockItem =
  | {
      readonly residual: readonly LayerItem[];
      readonly shortcut?: readonly LayerItem[] | undefined;
      readonly name?: string | undefined;
    }
  | { readonly gate: readonly LayerItem[]; readonly name?: string | undefined }
  | {
      readonly concat: readonly (readonly LayerItem[])[];
      readonly name?: string | undefined;
    };

/**
 * A layer of a list: `relu`, `{ conv: 8, kernel: 5 }`. Defaults are filled in later, so that a new
 * one keeps fingerprints.
 */
export type LayerItem = PlainItem | BlockItem;

/** The forms of the blocks whose layers have a form. */
function blockForms(inner: z.ZodType<LayerItem, LayerItem>) {
  const list = z.array(inner).min(1).max(100);
  return [
    z.strictObject({
      residual: list.describe('Layers whose output is added to their input.'),
      shortcut: z
        .array(inner)
        .max(100)
        .optional()
        .describe(
          'Layers on the path around the block, where it changes the size or the number of channels.',
        ),
      name,
    }),
    z.strictObject({
      gate: list.describe('Layers whose output multiplies their input, as squeeze and excitation.'),
      name,
    }),
    z.strictObject({
      concat: z
        .array(z.array(inner).max(100))
        .min(2)
        .max(16)
        .describe('Branches from one input, whose channels are put side by side.'),
      name,
    }),
  ] as const;
}

const itemWithin = (inner: z.ZodType<LayerItem, LayerItem>): z.ZodType<LayerItem, LayerItem> =>
  z.union([z.enum(words), ...plainForms, ...blockForms(inner)], {
    error: `a layer (${words.join(', ')}, or a map with one of ${keys}, residual, gate, concat)`,
  });

/**
 * An item whose blocks may hold blocks. Not without end: a form that holds itself has
 * no place in the schema for editors, nor in the tables of the docs.
 */
export const layerItem = itemWithin(itemWithin(plainItem));
