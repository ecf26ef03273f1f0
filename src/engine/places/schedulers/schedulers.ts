import { z } from 'zod';
import type { Environment } from '../../../environment.ts';
import type { JobIdentity, PlaceKeys, SchedulerForm } from '../../../scheduler.ts';
import { type MergedKeys, mergeKeys } from '../../config/schema/merge-keys.ts';
import { gridengine } from './grid-engine.ts';
import { htcondor } from './htcondor.ts';
import { type PlaceScheduler, schedulerOf } from './place-scheduler.ts';
import { slurm } from './slurm.ts';
import { template } from './template.ts';

/**
 * The schedulers by the name that `engine` of a place gives. A new one is a file that exports its
 * `SchedulerForm`, and one row here. A job asks them in this order whether it is theirs, so the
 * template, which knows variables of several schedulers, comes last.
 */
export const schedulerForms = { slurm, htcondor, gridengine, template } as const;

type Forms = typeof schedulerForms;
export type Engine = keyof Forms;
const forms = Object.values(schedulerForms);
const titles = forms.map(({ title }) => title);

/** `engine` of a place whose scheduler is one of ours. */
export const engineShape = z
  .enum(Object.keys(schedulerForms) as [Engine, ...Engine[]])
  .describe(`The scheduler: ${titles.slice(0, -1).join(', ')}, or ${titles.at(-1)}.`);

/** `engine` of a place whose scheduler the project brings. */
export const ownEngineShape = z
  .union([z.templateLiteral(['./', z.string()]), z.templateLiteral(['npm:', z.string()])])
  .describe(
    'A scheduler of your own: a file of the project, `./schedulers/pbs.ts`, or a package, `npm:restage-pbs`.',
  );

/** The keys of a place that belong to one scheduler, the template's first. */
export const schedulerKeys = mergeKeys(forms.toReversed());

/** A place, as far as its scheduler is concerned. */
type SchedulerPlace = { readonly engine: Engine } & PlaceKeys<MergedKeys<Forms[Engine]>>;

/** The key without which a place cannot use its scheduler, if it is missing. */
export const missingKey = (place: Omit<SchedulerPlace, 'name'>) =>
  schedulerForms[place.engine].missing?.(place);

/** The scheduler of a place, if it is one of ours. */
export function builtInScheduler(place: SchedulerPlace): PlaceScheduler {
  return schedulerOf<SchedulerPlace>(schedulerForms[place.engine], place);
}

/**
 * What the job of this process is, by its environment; the process itself where none is known.
 *
 * @param own The form that the project brings for the place of the job.
 */
export function identifyJob(env: Environment, pid: number, own?: SchedulerForm): JobIdentity {
  for (const { identify } of own === undefined ? forms : [own]) {
    const identity = identify(env);
    if (identity !== undefined) return identity;
  }
  return { job: `process-${pid}`, restart: 0, notified: false };
}

/** The programs of schedulers that a machine may have, with the engine that needs them. */
export const schedulerPrograms = Object.entries(schedulerForms).flatMap(([engine, { program }]) =>
  program === undefined ? [] : [{ engine, ...program }],
);
