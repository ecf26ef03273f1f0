import type { Json } from '../../json.ts';
import { type Halving, rungsOf } from './halving.ts';
import {
  conditionsOf,
  fillSpace,
  indexInChoice,
  type Parameter,
  type Space,
  type Values,
} from './space.ts';

/**
 * Trials that show every value of a choice and both ends of a range, so that mistakes in what reads
 * them are found before one runs. Each value is beside one of every other parameter.
 */
export function cornersOf(space: Space, halving?: Halving): readonly Values[] {
  const counts = Object.values(space).map((parameter) => ends(parameter).length);
  // Two at least, since what does not differ between them would seem to depend on no trial.
  const corners = Array.from({ length: Math.max(2, ...counts) }, (_, corner) =>
    cornerOf(space, corner),
  );
  // What exists only beside certain values may be in none of these.
  for (const [name, parameter] of Object.entries(space)) {
    for (const value of ends(parameter)) {
      const isShown = corners.some(
        (corner) => name in corner && indexInChoice([corner[name]!], value) === 0,
      );
      const conditions = isShown ? undefined : conditionsOf(space, name);
      if (conditions === undefined) continue;
      const needed = Object.entries(conditions).map(([other, [first]]) => [other, first!] as const);
      corners.push(
        cornerOf(space, corners.length, { ...Object.fromEntries(needed), [name]: value }),
      );
    }
  }
  if (halving === undefined) return corners;
  const rungs = rungsOf(halving);
  return corners.map((values, corner) => ({
    ...values,
    [halving.resource]: rungs[corner % rungs.length]!,
  }));
}

/** A trial with these values, and one end of each other parameter. */
const cornerOf = (space: Space, corner: number, given: Values = {}): Values =>
  fillSpace(space, (name, parameter) => {
    const values = ends(parameter);
    return name in given ? given[name]! : values[corner % values.length]!;
  });

function ends(parameter: Parameter): readonly Json[] {
  if ('choice' in parameter) return parameter.choice;
  if ('int' in parameter) return parameter.int;
  return 'uniform' in parameter ? parameter.uniform : parameter.logUniform;
}
