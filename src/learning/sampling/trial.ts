import type { Space, Values } from './space.ts';

/** How a trial went, as far as that was known when the next one was proposed. */
export type Outcome =
  | { readonly state: 'pending' }
  /** It has no number: it failed, or its metric is undefined. It counts as worse than any other. */
  | { readonly state: 'failed' }
  /** Lower is better: a metric of which more is better counts with the other sign. */
  | { readonly state: 'ended'; readonly loss: number };

/** One proposal of a search, and how it went. */
export interface Trial {
  /** From 1, in the order of the proposals. */
  readonly number: number;
  readonly values: Values;
  /** The number of the trial that it takes further, by halving; absent for new values. */
  readonly continues?: number;
  readonly outcome: Outcome;
}

/** What a sampler is asked. The answer depends on nothing else. */
export interface Question {
  readonly space: Space;
  /** The trials before, by number. */
  readonly trials: readonly Trial[];
  /** The number of the trial that is proposed, from 1. */
  readonly number: number;
  readonly seed: number;
}

/** The loss of a trial; infinite for one that failed, undefined while it is pending. */
export function lossOf({ outcome }: Trial): number | undefined {
  if (outcome.state === 'pending') return undefined;
  return outcome.state === 'ended' ? outcome.loss : Number.POSITIVE_INFINITY;
}

/**
 * The trials that have ended, the best first: those that failed come last, and of equal losses the
 * earlier trial comes first.
 */
export function byLoss(trials: readonly Trial[]): readonly Trial[] {
  const ended = trials.flatMap((trial) => {
    const loss = lossOf(trial);
    return loss === undefined ? [] : [{ trial, loss }];
  });
  const order = (a: number, b: number) => (a === b ? 0 : a - b); // ∞ − ∞ is no number
  return ended
    .sort((a, b) => order(a.loss, b.loss) || a.trial.number - b.trial.number)
    .map(({ trial }) => trial);
}
