import type { Environment } from '../../../environment.ts';
import type { FormOfPlaces, Scheduler } from '../../../scheduler.ts';

/**
 * The scheduler of a place: its form together with what the place says. `module` is the absolute
 * path of the built code of a form that the project brings; absent for one of ours.
 */
export interface PlaceScheduler {
  readonly module?: string;
  readonly lines: readonly string[];
  readonly spansNodes: boolean;
  readonly queue: string;
  /** Whether its commands say which scheduler they mean, so that it is the same on every node. */
  readonly isNamed: boolean;
  open(env: Environment): Scheduler;
}

/** Binds a form to a place of it. */
export function schedulerOf<Place extends { readonly name: string }>(
  form: FormOfPlaces<Place>,
  place: Place & { readonly engine: string },
  module?: string,
): PlaceScheduler {
  return {
    ...(module !== undefined && { module }),
    lines: form.lines ?? [],
    spansNodes: form.spansNodes?.(place) ?? false,
    queue: JSON.stringify([place.engine, form.queue(place)]),
    isNamed: form.queue(place) !== '',
    open: (env) => form.open(place, env),
  };
}
