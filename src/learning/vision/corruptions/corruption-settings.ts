import { z } from 'zod';
import { whole } from '../../../spec-parts.ts';

const strength = (least: number, most: number, what: string) =>
  z.number().min(least).max(most).exactOptional().describe(what);

/**
 * Corruptions of test images; light, since a spec imports it. Strengths are fixed, so that every
 * image is corrupted alike.
 */
export const corruptionSettings = z.strictObject({
  blur: strength(
    0,
    20,
    'Blurs by a Gaussian of this standard deviation in pixels; 0 changes nothing.',
  ),
  noise: strength(
    0,
    255,
    'Adds normal noise of this standard deviation, in levels of 255; 0 changes nothing.',
  ),
  scale: strength(
    0.01,
    1,
    'Reduces to this share of the sides, and enlarges again; 1 changes nothing.',
  ),
  jpeg: whole(1, 100)
    .exactOptional()
    .describe('Compresses as JPEG of this quality, colours at half the size.'),
});
/** A corruption with the seed of its noise. */
export type Corruption = z.infer<typeof corruptionSettings> & { readonly seed: number };
