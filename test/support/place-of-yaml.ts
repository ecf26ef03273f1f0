import { type PlaceSpec, placeShape } from '../../src/engine/places/place-spec.ts';
import { builtInScheduler } from '../../src/engine/places/schedulers/schedulers.ts';

/** A place with one of our schedulers, as `places.yaml` says it. */
export function placeOfYaml(name: string, yaml: object): PlaceSpec {
  const place = { name, ...placeShape.parse(yaml) };
  return { ...place, scheduler: builtInScheduler(place) };
}
