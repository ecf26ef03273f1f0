import { z } from 'zod';
import { whole } from '../../../spec-parts.ts';
import { defaultDraws } from './bootstrap.ts';

// Settings of kinds that compute intervals; light, for their specs.

export const confidenceOf = (intervals: string) =>
  z.number().gt(0).lt(1).default(0.95).describe(`Confidence of ${intervals}.`);

/** The number of bootstrap draws, at least `least`; `more` ends its description. */
export const drawsFrom = (least: number, more = '') =>
  whole(least)
    .default(defaultDraws)
    .describe(`Bootstrap resamples of images (or whole groups) for the intervals${more}.`);
