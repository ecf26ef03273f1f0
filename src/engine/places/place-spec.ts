import { z } from 'zod';
import { whole } from '../../spec-parts.ts';
import { duration, memory } from '../config/schema/yaml-keys.ts';
import { engineShape, schedulerKeys } from './schedulers/schedulers.ts';

const words = z.array(z.string()).default([]);

/** A cluster in `places.yaml`, as the user writes it. */
export const placeShape = z.strictObject({
  engine: engineShape,
  ...schedulerKeys,
  setup: words.describe('Shell lines before a job, such as `module load node/20`.'),
  container: words.describe(
    'The command that starts a program in a container, before its own words.',
  ),
  env: words.describe(
    "Variables of the caller's environment that travel with a job, beside those that stages declare.",
  ),
  maxJobs: whole(1)
    .default(20)
    .describe('Jobs at once, at most; each serves one stage after the other.'),
  time: duration
    .prefault('1h')
    .describe('The time limit of a job. A training resumes in the next one.'),
  cpu: whole(1)
    .default(1)
    .describe('The most cores that a job may ask for; `cpu: all` means these.'),
  gpu: whole(0).default(0).describe('The most graphics cards that a job may ask for.'),
  memory: z
    .strictObject({
      default: memory.prefault('2GiB').describe('For a stage that declares none.'),
      most: memory.prefault('8GiB').describe('The most that a job may ask for.'),
    })
    .prefault({})
    .describe(
      'Memory of a job. A stage that runs out of it runs again with twice as much, up to `most`.',
    ),
  local: words.describe('Kinds that run where the command runs, such as `plot`.'),
});

/** This machine in `places.yaml`. */
export const localShape = z.strictObject({
  gpu: whole(0).optional().describe('Its graphics cards; by default they are counted.'),
});

/**
 * A place of `places.yaml`: a scheduler that runs jobs, and what a job may ask for, in bytes and
 * milliseconds.
 */
export interface PlaceSpec extends z.infer<typeof placeShape> {
  readonly name: string;
}
