import type { Json } from '../../json.ts';
import { type Halving, rungsOf } from './halving.ts';
import { fillSpace, type Parameter, type Space, type Values } from './space.ts';

/**
 * Trials that show every value of a choice and both ends of a range, so that mistakes in what reads
 * them are found before one runs. Each value is beside one of every other parameter.
 */
export function cornersOf(space: Space, halving?: Halving): readonly Values[] {
  const ends = (parameter: Parameter): readonly Json[] => {
    if ('choice' in parameter) return parameter.choice;
    if ('int' in parameter) return parameter.int;
    return 'uniform' in parameter ? parameter.uniform : parameter.logUniform;
  };
  const counts = Object.values(space).map((parameter) => ends(parameter).length);
  // Two at least, since what does not differ between them would seem to depend on no trial.
  const corners = Array.from({ length: Math.max(2, ...counts) }, (_, corner) => {
    const rung = halving && rungsOf(halving);
    return {
      ...fillSpace(space, (_, parameter) => {
        const values = ends(parameter);
        return values[corner % values.length]!;
      }),
      ...(rung && { [halving.resource]: rung[corner % rung.length]! }),
    };
  });
  return corners;
}
