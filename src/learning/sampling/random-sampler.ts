import { Random } from '../../random.ts';
import { fillSpace, type Values, valueAtShare } from './space.ts';
import type { Question } from './trial.ts';

/**
 * Independent values, each uniform on its scale, beside those that are `fixed`. Every trial and
 * parameter has a random stream of its own: a further parameter does not change the others.
 */
export const randomValues = ({ space, number, seed }: Question, fixed: Values = {}): Values =>
  fillSpace(
    space,
    (name, parameter) =>
      fixed[name] ?? valueAtShare(parameter, new Random('trial', seed, name, number).float()),
  );
