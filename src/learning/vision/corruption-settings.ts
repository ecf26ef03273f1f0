import { z } from 'zod';

/**
 * What is done to the images that a model is tested on, to see what it still tells: light, since a spec has it. Strengths
 * are fixed, not drawn, so that every image suffers alike.
 */
export const corruptionSettings = z.strictObject({
  blur: z
    .number()
    .min(0)
    .max(20)
    .exactOptional()
    .describe('A Gaussian blur of this deviation in pixels; 0 leaves them.'),
  noise: z
    .number()
    .min(0)
    .max(255)
    .exactOptional()
    .describe('Normal noise of this deviation, in levels of 255; 0 is none.'),
  scale: z
    .number()
    .min(0.01)
    .max(1)
    .exactOptional()
    .describe('Reduced to this share of its sides, and enlarged to its size again; 1 leaves them.'),
  jpeg: z
    .int()
    .min(1)
    .max(100)
    .exactOptional()
    .describe('Compressed as JPEG of this quality, colours at half the size.'),
});
type CorruptionSettings = z.infer<typeof corruptionSettings>;

/** A corruption with the seed of its noise. */
export interface Corruption extends CorruptionSettings {
  readonly seed: number;
}
