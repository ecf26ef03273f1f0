import { comparableTrials, type Halving, promotionIn } from './halving.ts';
import { randomValues } from './random-sampler.ts';
import { type SamplerName, samplers } from './samplers.ts';
import type { Space, Values } from './space.ts';
import type { Trial } from './trial.ts';

/** How a search proposes its trials. */
export interface Search {
  readonly space: Space;
  readonly sampler: SamplerName;
  readonly seed: number;
  /** So many trials must have ended before the sampler learns of them. */
  readonly startup: number;
  readonly halving?: Halving | undefined;
}

/** Values for a trial, and which trial they take further. */
export interface Proposal {
  readonly values: Values;
  readonly continues?: number;
}

/**
 * The next trial of a search: a pure function of the search, the trials before, by number, and the
 * values that the user wants for it (`enqueued`). What these leave open is drawn at random.
 */
export function proposeTrial(
  search: Search,
  trials: readonly Trial[],
  enqueued?: Values,
): Proposal {
  const { space, seed, halving, startup } = search;
  const number = trials.length + 1;
  const beginning = halving && { [halving.resource]: halving.least };
  if (enqueued !== undefined) {
    const values = randomValues({ space, trials, number, seed }, enqueued);
    const further = halving && enqueued[halving.resource];
    return {
      values: {
        ...values,
        ...beginning,
        ...(further !== undefined && { [halving!.resource]: further }),
      },
    };
  }
  const promotion = halving && promotionIn(trials, halving);
  if (promotion !== undefined) {
    const { trial, resource } = promotion;
    return { values: { ...trial.values, [halving!.resource]: resource }, continues: trial.number };
  }
  const comparable = halving ? comparableTrials(trials, halving, startup) : trials;
  const question = { space, trials: comparable, number, seed };
  return { values: { ...samplers[search.sampler].propose(question, startup), ...beginning } };
}
