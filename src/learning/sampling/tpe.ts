import { Random } from '../../random.ts';
import { type Bandwidth, ParzenEstimator } from './parzen.ts';
import { randomValues } from './random-sampler.ts';
import {
  exists,
  fillSpace,
  type Parameter,
  type Space,
  sizeOf,
  type Values,
  valueAtShare,
} from './space.ts';
import { byLoss, lossOf, type Question, type Trial } from './trial.ts';

/** How the tree-structured Parzen estimator proposes. */
export interface TpeOptions {
  /** Whether parameters are drawn together, as dependences between them ask for. */
  readonly joint: boolean;
  /** So many trials must have ended; before, values are drawn at random. */
  readonly startup: number;
}

/** Draws among which the best is proposed. */
const candidates = 24;
/** The share of trials that count as good, and the most that do. */
const goodShare = 0.1;
const mostGood = 25;
/** Trials of full weight; the older ones before them count less and less. */
const fullWeights = 25;
/** How often a draw is repeated that equals an earlier trial. */
const repetitions = 8;
/** How many random draws follow where all of these do. */
const randomDraws = 100;

/**
 * Values at which trials are likely to be good: those of the largest ratio of l(x), the density of
 * the good trials so far, to g(x), that of all others (Bergstra et al. 2011, equations 2 and 3).
 * Failed trials are not good. Nor are pending ones, so that trials at the same time are not alike
 * (a constant liar: Ginsbourger et al. 2010, "Kriging is well-suited to parallelize optimization",
 * section 4.2).
 *
 * `joint` densities are products of kernels (Falkner et al. 2018), one density for the parameters
 * of each condition. In a finite space no trial is repeated, as long as a draw finds another.
 */
export function tpeValues(question: Question, options: TpeOptions): Values {
  const { space, trials, number, seed } = question;
  if (byLoss(trials).length < options.startup) return randomValues(question);
  const sides = sidesOf(trials);
  const known = new Set(trials.map(({ values }) => keyOf(space, values)));
  const groups = options.joint ? groupsOf(space) : singlesOf(space);
  const bandwidth = options.joint ? 'spread' : 'neighbours';
  const tries = Number.isFinite(sizeOf(space)) ? repetitions : 1;
  let values: Values = {};
  for (let attempt = 0; attempt < tries; attempt++) {
    values = {};
    for (const [index, group] of groups.entries()) {
      const [first] = Object.values(group);
      if (!exists(first!, values)) continue;
      const random = new Random('tpe', seed, number, index, attempt);
      values = { ...values, ...bestDraw(group, sides, { bandwidth, random }) };
    }
    if (!known.has(keyOf(space, values))) break;
  }
  if (tries > 1 && known.has(keyOf(space, values))) values = untried(question, known) ?? values;
  // In the order of the space.
  return Object.fromEntries(
    Object.keys(space).flatMap((name) => (name in values ? [[name, values[name]!]] : [])),
  );
}

/** Random values that no trial has, in a space where most have been tried. */
function untried(
  { space, number, seed }: Question,
  known: ReadonlySet<string>,
): Values | undefined {
  const random = new Random('untried', seed, number);
  for (let draw = 0; draw < randomDraws; draw++) {
    const values = fillSpace(space, (_, parameter) => valueAtShare(parameter, random.float()));
    if (!known.has(keyOf(space, values))) return values;
  }
  return undefined;
}

/** The trials of a search as two samples, each in the order of the proposals. */
interface Sides {
  readonly good: readonly Trial[];
  readonly others: readonly Trial[];
}

/** The best tenth of the trials that have ended, and all others. A failed trial is never good. */
export function sidesOf(trials: readonly Trial[]): Sides {
  const ordered = byLoss(trials);
  const count = Math.min(Math.ceil(goodShare * ordered.length), mostGood);
  const best = ordered.slice(0, count).filter((trial) => Number.isFinite(lossOf(trial)));
  const isGood = new Set(best);
  return {
    good: trials.filter((trial) => isGood.has(trial)),
    others: trials.filter((trial) => !isGood.has(trial)),
  };
}

function bestDraw(
  group: Space,
  { good, others }: Sides,
  { bandwidth, random }: { readonly bandwidth: Bandwidth; readonly random: Random },
): Values {
  const l = estimatorOf(group, good, bandwidth);
  const g = estimatorOf(group, others, bandwidth);
  let best: { readonly values: Values; readonly ratio: number } | undefined;
  for (let draw = 0; draw < candidates; draw++) {
    const values = l.draw(random);
    const ratio = l.logDensity(values) - g.logDensity(values);
    if (best === undefined || ratio > best.ratio) best = { values, ratio };
  }
  return best!.values;
}

/** The density of trials in which all of these parameters exist. */
export function estimatorOf(
  parameters: Space,
  trials: readonly Trial[],
  bandwidth: Bandwidth,
): ParzenEstimator {
  const names = Object.keys(parameters);
  const observed = trials.flatMap(({ values }) =>
    names.every((name) => name in values) ? [values] : [],
  );
  return new ParzenEstimator({
    parameters,
    values: observed,
    weights: weightsOf(observed.length),
    bandwidth,
  });
}

/** The weights of trials by their age, the oldest first (Bergstra et al. 2013, "Hyperopt"). */
export function weightsOf(count: number): readonly number[] {
  const ramp = Math.max(0, count - fullWeights);
  return Array.from({ length: count }, (_, index) => {
    if (index >= ramp) return 1;
    return ramp === 1 ? 1 / count : 1 / count + ((1 - 1 / count) * index) / (ramp - 1);
  });
}

/** The parameters that exist together, by their conditions. */
function groupsOf(space: Space): readonly Space[] {
  const groups = new Map<string, Record<string, Parameter>>();
  for (const [name, parameter] of Object.entries(space)) {
    const key = JSON.stringify(parameter.when ?? {});
    const group = groups.get(key) ?? {};
    group[name] = parameter;
    groups.set(key, group);
  }
  return [...groups.values()];
}

const singlesOf = (space: Space): readonly Space[] =>
  Object.entries(space).map(([name, parameter]) => ({ [name]: parameter }));

/** What tells the values of trials apart, whatever they have beside the space. */
const keyOf = (space: Space, values: Values): string =>
  JSON.stringify(Object.keys(space).map((name) => values[name] ?? null));
