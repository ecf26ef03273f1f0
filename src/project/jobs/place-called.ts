import { loadPlaces } from '../../engine/places/place-file.ts';
import { suggest } from '../../suggest.ts';
import { schedulersOf } from '../own-scheduler.ts';
import { mistake, orThrow } from '../pipeline-error.ts';

/** A place of the project. Throws a `PipelineError` for an unknown one. */
export async function placeCalled(root: string, name: string) {
  const { byName } = orThrow(await loadPlaces(root, { openForm: schedulersOf(root) }));
  const place = byName.get(name);
  if (place === undefined)
    throw mistake('unknown-place', `There is no place "${name}"`, suggest(name, byName.keys()));
  return place;
}
