import { z } from 'zod';
import { whole } from '../../spec-parts.ts';
import { duration, memory } from '../config/schema/yaml-keys.ts';
import type { PlaceScheduler } from './schedulers/place-scheduler.ts';
import { engineShape, ownEngineShape, schedulerKeys } from './schedulers/schedulers.ts';

const words = z.array(z.string()).default([]);

/** What every place says of the kinds of stages. */
const kindKeys = {
  local: words.describe('Kinds that run where the command runs, such as `plot`.'),
  kinds: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      'Kinds that run at another place when a run is sent here: `{ train: long }`. A stage with a `place:` of its own runs there.',
    ),
};

/** What every place with a scheduler says of its jobs. */
const jobKeys = {
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
  nodes: whole(1)
    .default(1)
    .describe(
      'The most nodes that a job may ask for, with Slurm or a template that has `${nodes}`.',
    ),
  memory: z
    .strictObject({
      default: memory.prefault('2GiB').describe('For a stage that declares none.'),
      most: memory.prefault('8GiB').describe('The most that a job may ask for.'),
    })
    .prefault({})
    .describe(
      'Memory of a job. A stage that runs out of it runs again with twice as much, up to `most`.',
    ),
  ...kindKeys,
};

/** A cluster in `places.yaml`, as the user writes it. */
export const placeShape = z.strictObject({ engine: engineShape, ...schedulerKeys, ...jobKeys });

/** A cluster whose scheduler the project brings, without the keys of its form. */
export const ownPlaceShape = z.object({ engine: ownEngineShape, ...jobKeys });

/** Host and port of `me@gpu1:2222`; never an option of `ssh`. */
export const hostForm =
  /^((?:[A-Za-z0-9_][\w.-]*@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9a-fA-F:]+\]))(?::(\d{1,5}))?$/;

const hostName = z
  .string()
  .regex(hostForm, 'a host as `ssh` takes it, such as gpu1 or me@gpu1:2222');

const hostShape = z.strictObject({
  host: hostName.describe('The host, as `ssh` takes it: `gpu1`, or `me@gpu1:2222`.'),
  cpu: whole(1).optional().describe('Cores for stages; by default those that it has.'),
  gpu: whole(0).optional().describe('Graphics cards for stages; by default those that it has.'),
  memory: memory.optional().describe('Memory for stages; by default what it has.'),
});

/** A host by its name alone has for stages what it has. */
const namedHost = hostName.transform((host): z.infer<typeof hostShape> => ({ host }));

/** Machines behind `ssh` in `places.yaml`, which share no disk, as the user writes them. */
export const hostsShape = z.strictObject({
  engine: z.literal('ssh').describe('Machines that `ssh` reaches and that share no disk.'),
  hosts: z
    .array(z.union([namedHost, hostShape]))
    .min(1)
    .describe('The machines, by name, or with what of them stages may use.'),
  restage: z
    .array(z.string())
    .min(1)
    .default(['restage'])
    .describe('The words that start Restage there, such as `[npx, restage]`.'),
  folder: z
    .string()
    .min(1)
    .default('.cache/restage')
    .describe('The folder for its cache there, from the home folder.'),
  setup: words.describe('Shell lines before Restage starts there, such as `. ~/.nvm/nvm.sh`.'),
  container: words.describe(
    'The command that starts a program in a container, before its own words.',
  ),
  env: words.describe(
    "Variables of the caller's environment that travel with a stage, beside those that it declares.",
  ),
  maxJobs: whole(1).default(1000).describe('Stages at once on all hosts, at most.'),
  ...kindKeys,
});

/** Machines behind `ssh`. Memory is in bytes. */
export interface HostsSpec extends z.infer<typeof hostsShape> {
  readonly name: string;
}

/** A place of `places.yaml` but this machine, as the user writes it; `engine` tells its form. */
export const anyPlaceShape = z.discriminatedUnion('engine', [placeShape, hostsShape]);

/** This machine in `places.yaml`. */
export const localShape = z.strictObject({
  gpu: whole(0).optional().describe('Its graphics cards; by default they are counted.'),
});

/**
 * A place of `places.yaml`: a scheduler that runs jobs, and what a job may ask for, in bytes and
 * milliseconds.
 */
export interface PlaceSpec extends Omit<z.infer<typeof ownPlaceShape>, 'engine'> {
  readonly name: string;
  readonly engine: z.infer<typeof engineShape> | z.infer<typeof ownEngineShape>;
  readonly scheduler: PlaceScheduler;
}

/** A place of any form; `engine` tells which. */
export type AnyPlace = PlaceSpec | HostsSpec;
