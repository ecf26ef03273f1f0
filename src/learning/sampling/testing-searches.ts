import { proposeTrial, type Search } from './propose-trial.ts';
import type { Space, Values } from './space.ts';
import type { Outcome, Trial } from './trial.ts';

/** A space with every form of range, and two that depend on another. */
export const mixedSpace: Space = {
  rate: { logUniform: [1e-4, 1e-1] },
  dropout: { uniform: [0, 0.5] },
  width: { int: [4, 64] },
  optimizer: { choice: ['sgd', 'adam', 'rmsprop'] },
  momentum: { uniform: [0, 0.99], when: { optimizer: ['sgd', 'rmsprop'] } },
  nesterov: { choice: [true, false], when: { optimizer: 'sgd' } },
};

export const ended = (loss: number): Outcome => ({ state: 'ended', loss });

/** The trials of a search whose outcomes follow from their values. */
export function searchWith(
  search: Search,
  count: number,
  outcomeOf: (values: Values, number: number) => Outcome,
): readonly Trial[] {
  const trials: Trial[] = [];
  while (trials.length < count) {
    const number = trials.length + 1;
    const proposal = proposeTrial(search, trials);
    trials.push({ number, ...proposal, outcome: outcomeOf(proposal.values, number) });
  }
  return trials;
}
