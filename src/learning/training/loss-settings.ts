import { z } from 'zod';

const weight = z.number().positive();

/** What a step minimises beside the plain cross-entropy; light, since a spec has it. */
export const lossSettings = z.strictObject({
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .exactOptional()
    .describe('Share of every label that is spread evenly over both classes; none when left out.'),
  classWeights: z
    .union([z.tuple([weight, weight]), z.literal('balanced')], {
      error: 'two numbers above 0, for real and for fake, or balanced',
    })
    .exactOptional()
    .describe(
      'How much an image counts by its class, [real, fake]; balanced: both classes together alike, however many images each has. Alike when left out.',
    ),
});
export type LossSettings = z.infer<typeof lossSettings>;

/** The same with every weight a number. */
export interface Loss {
  /** From 0 to below 1. */
  readonly labelSmoothing?: number;
  /** Of real and fake, above 0; only their ratio matters. */
  readonly classWeights?: readonly [number, number];
}
