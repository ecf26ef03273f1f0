import { z } from 'zod';
import { whole } from '../../../spec-parts.ts';
import type { CodeQuestion, FoundCode, StageContext } from '../../../stage.ts';
import { rateFactor } from '../ffmpeg/rate-factor.ts';

const strength = (least: number, most: number, what: string) =>
  z.number().min(least).max(most).exactOptional().describe(what);

/** Those that end a chain of changes: an image has one of them. */
const lastCompressions = ['jpeg', 'webp', 'h264'] as const;

/**
 * Corruptions of test images; light, since a spec imports it. Strengths are fixed, so that every
 * image is corrupted alike.
 */
export const corruptionSettings = z
  .strictObject({
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
    contrast: strength(
      0,
      1,
      'Multiplies the distances from the image’s mean grey; 1 changes nothing, 0 leaves one grey.',
    ),
    blocks: strength(
      0,
      1,
      'Covers this share of the image with squares of random colours, a sixteenth of its shorter side each; 0 changes nothing.',
    ),
    pixelate: whole(1, 256)
      .exactOptional()
      .describe('Gives squares of so many pixels a side their mean colour; 1 changes nothing.'),
    scale: strength(
      0.01,
      1,
      'Reduces to this share of the sides, and enlarges again; 1 changes nothing.',
    ),
    earlierJpeg: z
      .strictObject({
        quality: whole(1, 100).describe('Its quality, colours at half the size.'),
        shift: whole(0, 15)
          .default(4)
          .describe(
            'By how many pixels its grid of blocks begins before the image; 0 and 8 are the grid of `jpeg`, as if the image had not been cropped.',
          ),
      })
      .exactOptional()
      .describe('A JPEG compression before the last one: with `jpeg` a double compression.'),
    jpeg: whole(1, 100)
      .exactOptional()
      .describe('Compresses as JPEG of this quality, colours at half the size.'),
    webp: whole(1, 100)
      .exactOptional()
      .describe('Compresses as WebP of this quality, in place of `jpeg`.'),
    h264: rateFactor
      .exactOptional()
      .describe(
        'Compresses as H.264 at this constant rate factor (CRF), as a clip of one frame, in place of `jpeg`; needs ffmpeg. For clips, `frames` has `h264`.',
      ),
  })
  .superRefine((corruption, context) => {
    const chosen = lastCompressions.filter((name) => corruption[name] !== undefined);
    if (chosen.length > 1)
      context.addIssue(
        `expected one last compression, got ${chosen.join(' and ')}: name a first JPEG earlierJpeg`,
      );
  });

/** A corruption as a stage of its settings does it. */
export type Corruption = z.infer<typeof corruptionSettings> & {
  /** The seed of noise and blocks. */
  readonly seed: number;
  /** The path of ffmpeg, for `h264`. */
  readonly ffmpeg?: string;
};

/** The settings of a kind that corrupts images. */
interface CorruptSettings {
  readonly corrupt?: z.infer<typeof corruptionSettings>;
  readonly seed: number;
}

/** The program of a kind that corrupts images, which only H.264 needs. */
export const corruptionCode = {
  settings: [],
  when: ({ corrupt }: CorruptSettings) => corrupt?.h264 !== undefined,
  async find(question: CodeQuestion): Promise<FoundCode> {
    const { findEncoder } = await import('../ffmpeg/find-encoder.ts');
    return await findEncoder(question);
  },
};

/** The corruption of a stage's images; undefined where they stay as they are. */
export function corruptionOf({
  settings,
  code,
}: StageContext<CorruptSettings>): Corruption | undefined {
  const { corrupt, seed } = settings;
  if (corrupt === undefined) return undefined;
  const ffmpeg = code?.['ffmpeg'];
  return { ...corrupt, seed, ...(typeof ffmpeg === 'string' && { ffmpeg }) };
}
