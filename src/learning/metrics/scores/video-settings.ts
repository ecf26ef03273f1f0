import { z } from 'zod';
import { mistakeIf } from '../../../setting-mistakes.ts';
import { count } from '../../../spec-parts.ts';
import type { SettingMistake } from '../../../stage.ts';

/** Settings of kinds that judge videos; light, for their specs. */

/** What is judged: images, groups of them, or videos. */
export const units = ['image', 'group', 'video'] as const;
export type Unit = (typeof units)[number];

const aggregate = z.union([
  z.enum(['mean', 'median', 'max']),
  z.strictObject({ top: count }),
  z.strictObject({ above: z.number().min(0).max(1) }),
]);
/** How the probabilities of a video's images become that of the video. */
export type Aggregate = z.output<typeof aggregate>;

/** An aggregate in words: `the mean of the 5 highest images`. */
export function aggregateTitle(aggregate: Aggregate): string {
  if (typeof aggregate === 'object' && 'top' in aggregate)
    return `the mean of the ${aggregate.top} highest images`;
  if (typeof aggregate === 'object') return `the share of images above ${aggregate.above}`;
  const titles = {
    mean: 'the mean of its images',
    median: 'the median of its images',
    max: 'its highest image',
  };
  return titles[aggregate];
}

const missing = z.union([z.literal(0.5), z.enum(['wrong', 'excluded'])]);
/** How a video without an image counts. */
export type MissingRule = z.output<typeof missing>;

export const videoSettings = {
  aggregate: aggregate
    .default('mean')
    .describe(
      'With `by: video`, the probability of a video from those of its images: mean, median or max of the positive class, { top: 5 } for the mean of the five highest, or { above: 0.5 } for the share of images above it. More than two classes take mean.',
    ),
  missing: missing
    .default(0.5)
    .describe(
      'With `by: video`, videos without an image, such as those without a face: 0.5 gives them even odds, `wrong` the other class with certainty, and `excluded` leaves them out.',
    ),
};

/** How a kind names what it judges. */
export const unitSetting = (verb: string, ranked: string) =>
  z
    .enum(units)
    .default('image')
    .describe(
      `What is ${verb}: ${ranked}, groups of images by the mean of their scores, or videos by the \`aggregate\` of their images.`,
    );

/** The mistake of settings for videos where none are judged. */
export const videoMistakes = ({
  by,
  aggregate,
  missing,
}: {
  readonly by: Unit;
  readonly aggregate: Aggregate;
  readonly missing: MissingRule;
}): readonly SettingMistake[] => [
  ...mistakeIf(by !== 'video' && aggregate !== 'mean', ['aggregate'], 'it needs `by: video`'),
  ...mistakeIf(by !== 'video' && missing !== 0.5, ['missing'], 'it needs `by: video`'),
];
