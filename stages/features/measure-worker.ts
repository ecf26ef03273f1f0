/** A thread that computes the hand-made features of images. */
import { corruptImage } from '../../src/learning/vision/corruptions/corrupt-image.ts';
import type { Corruption } from '../../src/learning/vision/corruptions/corruption-settings.ts';
import { decodeImage } from '../../src/learning/vision/decode-image.ts';
import { answerInThread } from '../../src/learning/vision/map-in-threads.ts';
import type { FeatureSet } from './feature-sets.ts';
import { featuresOf, leastSide } from './image-features.ts';

/** An encoded image, and what is computed of it. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly key: string;
  readonly of: readonly FeatureSet[];
  readonly corruption?: Corruption | undefined;
}

/** `error` where the image cannot be decoded, or is too small. */
export type Measured = { readonly features: Float32Array } | { readonly error: string };

answerInThread<Encoded, Measured>(async ({ bytes, key, of, corruption }) => {
  try {
    const encoded = corruption === undefined ? bytes : await corruptImage(bytes, corruption, key);
    const image = await decodeImage(encoded);
    if (Math.min(image.width, image.height) >= leastSide)
      return { features: featuresOf(image, of) };
    const size = `${image.width} x ${image.height}`;
    return { error: `expected at least ${leastSide} x ${leastSide} pixels, got ${size}` };
  } catch (error) {
    return { error: (error as Error).message };
  }
});
